import type { CallAnswer } from '../../control/schema/calls.ts';
import type { RequestAnswer } from '../../control/schema/journal.ts';
import { EVENTS } from '../../guide/events.ts';
import type { ReportSnapshot } from './snapshot.ts';

/** Which items of a large snapshot are shown in full, so that a browser can still open the report. */

const MAX_CALLS = 100;
const MAX_REQUESTS = 1_000;
const MAX_NOT_OPENED = 50;

export const hasFailed = ({ state }: CallAnswer): boolean => state === 'error';

/** Whether the call has ended, but no page has posted that to its parent. */
export const isEndUnheard = ({ state, events }: CallAnswer): boolean =>
  state === 'ended' &&
  !events.some(({ code, posted_at }) => code === EVENTS.VideocallCompleted.code && posted_at !== null);

/** The newest items of a list, and the rest. */
interface Selection<T> {
  readonly shown: readonly T[];
  readonly others: readonly T[];
}

/** The newest calls; when there are too many, failed calls go first. */
export function selectCalls({ calls }: ReportSnapshot): Selection<CallAnswer> {
  const newest = calls.toReversed();
  const selected = new Set(
    [...newest.filter(hasFailed), ...newest.filter((call) => !hasFailed(call))].slice(0, MAX_CALLS),
  );
  return {
    shown: newest.filter((call) => selected.has(call)),
    others: newest.filter((call) => !selected.has(call)),
  };
}

const selectNewest = <T>(items: readonly T[], limit: number): Selection<T> => {
  const newest = items.toReversed();
  return { shown: newest.slice(0, limit), others: newest.slice(limit) };
};

export const selectRequests = ({ requests }: ReportSnapshot): Selection<RequestAnswer> =>
  selectNewest(requests, MAX_REQUESTS);

/** Frames that were refused, or that showed an error at once, so that they belong to no call. */
export const selectNotOpened = ({ requests }: ReportSnapshot): Selection<RequestAnswer> =>
  selectNewest(
    requests.filter(({ path, reason }) => path === '/call' && reason !== null),
    MAX_NOT_OPENED,
  );

function groupByKind<T, K>(items: readonly T[], kindOf: (item: T) => K): Map<K, T[]> {
  const found = new Map<K, T[]>();
  for (const item of items) {
    const group = found.get(kindOf(item));
    if (group === undefined) found.set(kindOf(item), [item]);
    else group.push(item);
  }
  return found;
}

/** The data of each client, by its id. */
export function groupByClient({ tokens, requests }: ReportSnapshot) {
  const tokensOf = groupByKind(tokens, ({ client_id }) => client_id);
  const requestsOf = groupByKind(requests, ({ client_id }) => client_id);
  return (clientId: string) => ({
    tokens: tokensOf.get(clientId) ?? [],
    requests: requestsOf.get(clientId) ?? [],
  });
}

/** How many of `items` are of each kind, in the order of `kinds`, without empty ones. */
export function countByKind<T, K>(
  items: readonly T[],
  kinds: readonly K[],
  kindOf: (item: T) => K,
): [K, number][] {
  const found = groupByKind(items, kindOf);
  return kinds.flatMap((kind): [K, number][] => {
    const { length } = found.get(kind) ?? [];
    return length === 0 ? [] : [[kind, length]];
  });
}
