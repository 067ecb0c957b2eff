import type { CallAnswer } from '../../control/schema/calls.ts';
import type { RequestAnswer } from '../../control/schema/journal.ts';
import type { Snapshot } from './snapshot.ts';

/** What of a large snapshot is shown in full: a browser must open the report well. */

const MOST_CALLS = 100;
const MOST_REQUESTS = 1_000;
const MOST_NOT_OPENED = 50;

export const hasFailed = ({ state }: CallAnswer): boolean => state === 'error';

/** Some of a list, the newest first, and the others. */
interface Chosen<T> {
  readonly shown: readonly T[];
  readonly others: readonly T[];
}

/** The newest calls; where there are too many, those that have failed go before the others. */
export function chosenCalls({ calls }: Snapshot): Chosen<CallAnswer> {
  const newest = calls.toReversed();
  const wanted = new Set(
    [...newest.filter(hasFailed), ...newest.filter((call) => !hasFailed(call))].slice(0, MOST_CALLS),
  );
  return {
    shown: newest.filter((call) => wanted.has(call)),
    others: newest.filter((call) => !wanted.has(call)),
  };
}

const newestOf = <T>(items: readonly T[], most: number): Chosen<T> => {
  const newest = items.toReversed();
  return { shown: newest.slice(0, most), others: newest.slice(most) };
};

export const chosenRequests = ({ requests }: Snapshot): Chosen<RequestAnswer> =>
  newestOf(requests, MOST_REQUESTS);

/** Frames that came to no call, or not to it again: refused, or shown an error at once. */
export const notOpened = ({ requests }: Snapshot): Chosen<RequestAnswer> =>
  newestOf(
    requests.filter(({ path, reason }) => path === '/call' && reason !== null),
    MOST_NOT_OPENED,
  );

function groups<T, K>(items: readonly T[], kindOf: (item: T) => K): Map<K, T[]> {
  const found = new Map<K, T[]>();
  for (const item of items) {
    const group = found.get(kindOf(item));
    if (group === undefined) found.set(kindOf(item), [item]);
    else group.push(item);
  }
  return found;
}

/** What is known of each client, by its id. */
export function byClient({ tokens, requests }: Snapshot) {
  const tokensOf = groups(tokens, ({ client_id }) => client_id);
  const requestsOf = groups(requests, ({ client_id }) => client_id);
  return (clientId: string) => ({
    tokens: tokensOf.get(clientId) ?? [],
    requests: requestsOf.get(clientId) ?? [],
  });
}

/** How many of `items` there are of each of the kinds that there are any of, in the order of `kinds`. */
export function counts<T, K>(
  items: readonly T[],
  kinds: readonly K[],
  kindOf: (item: T) => K,
): [K, number][] {
  const found = groups(items, kindOf);
  return kinds.flatMap((kind): [K, number][] => {
    const { length } = found.get(kind) ?? [];
    return length === 0 ? [] : [[kind, length]];
  });
}
