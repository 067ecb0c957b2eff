import { useEffect, useState } from 'preact/hooks';
import type { ConsoleQuery } from './messages.ts';

/** What is looked at stands in the address, so that it can be kept, shared and gone back from. */

type QueryChange = { readonly [K in keyof ConsoleQuery]?: ConsoleQuery[K] | undefined };

/** How `place` is changed; `isSmall` leaves no place behind to go back to. */
export type Navigate = (change: QueryChange, isSmall?: boolean) => void;

/** What each part of an address may say, as the simulator understands it, whose schema would be larger than this page. */
const VALID_VALUES: { readonly [K in keyof Required<ConsoleQuery>]: (value: string) => boolean } = {
  client_id: (value) => value !== '',
  call_client_id: (value) => value !== '',
  validation_id: (value) => value !== '',
  n: (value) => /^[1-9]\d{0,8}$/.test(value),
  text: (value) => value !== '' && value.length <= 200,
  refused: (value) => value === 'yes',
};

/** What an address names; whatever in it means nothing is left out, so that a slip in it shows too much and not nothing. */
function parseQuery(hash: string): ConsoleQuery {
  const parameters = new URLSearchParams(hash.slice(1));
  return Object.fromEntries(
    Object.entries(VALID_VALUES).flatMap(([name, fits]) => {
      const value = parameters.get(name);
      return value !== null && fits(value) ? [[name, value]] : [];
    }),
  );
}

/** What is looked at, and how to look at something else; what is set undefined is left out. */
export function useConsoleQuery(): readonly [ConsoleQuery, Navigate] {
  const [query, setQuery] = useState(() => parseQuery(location.hash));
  useEffect(() => {
    const syncQuery = () => setQuery(parseQuery(location.hash));
    addEventListener('hashchange', syncQuery);
    return () => removeEventListener('hashchange', syncQuery);
  }, []);
  return [
    query,
    (change, isSmall = false) => {
      const all = Object.entries({ ...parseQuery(location.hash), ...change }).filter(
        (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
      );
      const hash = `#${new URLSearchParams(all)}`;
      if (!isSmall) {
        location.hash = hash;
        return;
      }
      history.replaceState(null, '', hash);
      setQuery(parseQuery(hash));
    },
  ];
}
