import { useEffect, useState } from 'preact/hooks';
import type { ConsoleQuery } from '../../protocol/console.ts';

/** What is looked at stands in the address, so that it can be kept, shared and gone back from. */

const read = (): ConsoleQuery => Object.fromEntries(new URLSearchParams(location.hash.slice(1)));

/** What is looked at, and how to look at something else; what is set undefined is left out. */
export function usePlace(): readonly [
  ConsoleQuery,
  (change: { readonly [K in keyof ConsoleQuery]?: ConsoleQuery[K] | undefined }) => void,
] {
  const [place, setPlace] = useState(read);
  useEffect(() => {
    const follow = () => setPlace(read());
    addEventListener('hashchange', follow);
    return () => removeEventListener('hashchange', follow);
  }, []);
  return [
    place,
    (change) => {
      const all = Object.entries({ ...place, ...change }).filter(
        (pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '',
      );
      location.hash = String(new URLSearchParams(all));
    },
  ];
}
