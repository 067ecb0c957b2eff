import type { ConsoleParts, ConsoleQuery } from '../../protocol/console.ts';
import { Requests } from '../requests.tsx';

interface Filtering {
  readonly journal: ConsoleParts['journal'];
  readonly place: ConsoleQuery;
  readonly onFilter: (filter: {
    readonly text?: string | undefined;
    readonly refused?: 'yes' | undefined;
  }) => void;
}

/** What was asked of the imitated service and what came of it, the newest first. */
export function Journal({ journal: { items, total }, place, onFilter }: Filtering) {
  return (
    <>
      <form class="filters" onSubmit={(event) => event.preventDefault()}>
        <label>
          <span>Search</span>
          <input
            type="search"
            placeholder="path, status, reason, validation…"
            maxLength={200}
            value={place.text ?? ''}
            onInput={({ currentTarget: { value } }) => onFilter({ text: value })}
          />
        </label>
        <label class="check">
          <input
            type="checkbox"
            checked={place.refused === 'yes'}
            onChange={({ currentTarget: { checked } }) => onFilter({ refused: checked ? 'yes' : undefined })}
          />
          <span>only refused</span>
        </label>
        <output>{total.toLocaleString('en')} requests</output>
      </form>
      {items.length > 0 && <Requests requests={items} />}
      {total > items.length && (
        <p class="soft more">the newest {items.length} are shown; search for the others</p>
      )}
    </>
  );
}
