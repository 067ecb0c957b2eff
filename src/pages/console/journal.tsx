import { useEffect, useRef, useState } from 'preact/hooks';
import { formatCount } from '../components/format.ts';
import { Requests } from '../components/requests.tsx';
import type { Navigate } from './console-query.ts';
import type { ConsoleParts, ConsoleQuery } from './messages.ts';

/** How long to wait after a keystroke before searching: every search makes the simulator scan its journal. */
const TYPING_DELAY_MS = 200;

interface JournalProps {
  readonly journal: ConsoleParts['journal'];
  readonly place: ConsoleQuery;
  readonly onFilter: Navigate;
}

/** The search text: updated with every keystroke, and when the URL changes by other means. */
function Search({ text, onSearch }: { readonly text: string; readonly onSearch: (text: string) => void }) {
  const [typed, setTyped] = useState(text);
  const lastSearch = useRef(text);
  // An answer to an earlier keystroke must not undo later ones.
  useEffect(() => {
    if (text !== lastSearch.current) setTyped(text);
    lastSearch.current = text;
  }, [text]);
  useEffect(() => {
    if (typed === text) return undefined;
    const timer = setTimeout(() => {
      lastSearch.current = typed;
      onSearch(typed);
    }, TYPING_DELAY_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <label>
      <span>Search</span>
      <input
        type="search"
        placeholder="Path, status, reason, validation…"
        maxLength={200}
        value={typed}
        onInput={({ currentTarget: { value } }) => setTyped(value)}
      />
    </label>
  );
}

/** The requests to the imitated service and their answers, newest first. */
export function Journal({ journal: { items, total }, place, onFilter }: JournalProps) {
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <Search text={place.text ?? ''} onSearch={(text) => onFilter({ text }, true)} />
        <label class="check">
          <input
            type="checkbox"
            checked={place.refused === 'yes'}
            onChange={({ currentTarget: { checked } }) =>
              onFilter({ refused: checked ? 'yes' : undefined }, true)
            }
          />
          <span>Refused only</span>
        </label>
        <output>{formatCount(total)} requests</output>
      </form>
      {items.length > 0 && <Requests requests={items} />}
      {total > items.length && (
        <p class="soft more">Showing the newest {items.length}. Search to find older ones.</p>
      )}
    </>
  );
}
