import { type Finding, type RuleId, seenAgain } from '../domain/finding.ts';
import type { Instant } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { decide, put } from './decide.ts';
import { findingRef } from './refs.ts';

export function findings(store: Store) {
  return {
    /** Notes that a client, or somebody unknown, has made a mistake. */
    note(rule: RuleId, clientId: string, seen: string, at: Instant): Promise<void> {
      const ref = findingRef(clientId, rule, seen);
      return decide(store, [ref], ({ found: [before] }) => ({
        changes: [put(ref, before, clientId, seenAgain(before?.value, { rule, clientId, seen }, at))],
        result: undefined,
      }));
    },

    /** Every mistake that was seen, the first seen first; of one client, if named. */
    list: async (clientId?: string): Promise<Finding[]> =>
      (await store.list('finding', clientId)).map(({ value }) => value),
  };
}
