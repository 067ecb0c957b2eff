import { SITUATIONS, type SituationAt } from '../domain/coverage.ts';
import type { Detection } from '../domain/detection.ts';
import { type Finding, type RuleId, recordOccurrence } from '../domain/finding.ts';
import type { Instant } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { createCoverage } from './coverage.ts';
import { decideFor } from './decide.ts';
import { findOmissions } from './omissions.ts';
import { findingRef } from './refs.ts';

/** Gets a mistake and the client that made it, which is empty when it is unknown. */
export type FindingListener = (finding: Detection, clientId: string) => void;

/** Per client. With this many findings, one more variant of a mistake adds nothing. */
const MAX_FINDINGS = 200;

/** The situations that are mistakes. */
const isSituation = (rule: RuleId): rule is RuleId & SituationAt<'finding'> =>
  Object.hasOwn(SITUATIONS, rule);

/**
 * The mistakes of integrations that were seen.
 *
 * @param onFinding called with each mistake, however often it was made before
 */
export function createFindings(
  store: Store,
  coverage: Pick<ReturnType<typeof createCoverage>, 'note'>,
  onFinding?: FindingListener,
) {
  return {
    /** Records mistakes of a client, or of an unknown one. Nothing is recorded for a client that is gone. */
    async note(mistakes: readonly Detection[], clientId: string, at: Instant): Promise<void> {
      for (const { rule, seen } of mistakes) {
        onFinding?.({ rule, seen }, clientId);
        if (isSituation(rule)) await coverage.note(clientId, (known) => (known.includes(rule) ? [] : [rule]));
        await decideFor(store, clientId, findingRef(clientId, rule, seen), async (before) =>
          before === undefined && (await store.list('finding', clientId)).length >= MAX_FINDINGS
            ? { result: undefined }
            : { value: recordOccurrence(before, { rule, clientId, seen }, at), result: undefined },
        );
      }
    },

    /** Every finding, oldest first; of one client, if named. */
    async list(clientId?: string): Promise<Finding[]> {
      const noted = (await store.list('finding', clientId)).map(({ value }) => value);
      return [...noted, ...(await findOmissions(store, clientId))].sort((a, b) => a.firstAt - b.firstAt);
    },
  };
}
