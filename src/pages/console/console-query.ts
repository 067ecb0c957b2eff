import { useEffect, useState } from 'preact/hooks';
import type { ConsoleQuery } from './messages.ts';

/** The selection is kept in the URL, so that it can be bookmarked, shared and undone with the back button. */

type QueryChange = { readonly [K in keyof ConsoleQuery]?: ConsoleQuery[K] | undefined };

/** Changes the selection; with `isSmall` without a new history entry. */
export type Navigate = (change: QueryChange, isSmall?: boolean) => void;

/** Valid values of each parameter, as in the control API, whose schema would be larger than this page. */
const VALID_VALUES: { readonly [K in keyof Required<ConsoleQuery>]: (value: string) => boolean } = {
  client_id: (value) => value !== '',
  call_client_id: (value) => value !== '',
  validation_id: (value) => value !== '',
  n: (value) => /^[1-9]\d{0,8}$/.test(value),
  text: (value) => value !== '' && value.length <= 200,
  refused: (value) => value === 'yes',
};

/** The selection in a URL. Invalid values are ignored, so that a typo shows too much rather than nothing. */
function parseQuery(hash: string): ConsoleQuery {
  const parameters = new URLSearchParams(hash.slice(1));
  return Object.fromEntries(
    Object.entries(VALID_VALUES).flatMap(([name, fits]) => {
      const value = parameters.get(name);
      return value !== null && fits(value) ? [[name, value]] : [];
    }),
  );
}

/** The selection, and a function that changes it; a value set to undefined is removed. */
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
