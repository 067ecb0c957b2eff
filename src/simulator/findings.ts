import { type Finding, type RuleId, seenAgain } from '../domain/finding.ts';
import type { Instant } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { decide, put, unchanged } from './decide.ts';
import { clientRef, EVERYONE, findingRef } from './refs.ts';

/** The mistakes of integrations that were seen. */
export function findings(store: Store) {
  return {
    /** Notes that a client, or somebody unknown, has made a mistake. Of a client that is gone nothing is noted. */
    note(rule: RuleId, clientId: string, seen: string, at: Instant): Promise<void> {
      const ref = findingRef(clientId, rule, seen);
      return decide(store, [ref, clientRef(clientId)], ({ found: [before, client] }) => {
        if (client === undefined && clientId !== EVERYONE) return { result: undefined };
        return {
          changes: [
            put(ref, before, clientId, seenAgain(before?.value, { rule, clientId, seen }, at)),
            unchanged(clientRef(clientId), client, clientId),
          ],
          result: undefined,
        };
      });
    },

    /** Every mistake that was seen, the first seen first; of one client, if named. */
    list: async (clientId?: string): Promise<Finding[]> =>
      (await store.list('finding', clientId)).map(({ value }) => value),
  };
}
