import type { CallAnswer } from '../../control/schema/calls.ts';
import type { CoverageAnswer } from '../../control/schema/coverage.ts';
import type { FindingAnswer, RequestAnswer } from '../../control/schema/journal.ts';
import type { TokenAnswer } from '../../control/schema/tokens.ts';

/** All data of a report, as the control API returns it. */
export interface ReportSnapshot {
  /** The simulator's version. */
  readonly version: string;
  /** When the snapshot was taken, by the simulator's clock. */
  readonly at: string;
  /** Ids of the clients. */
  readonly clients: readonly string[];
  /** Oldest first, like every list here. */
  readonly calls: readonly CallAnswer[];
  readonly tokens: readonly TokenAnswer[];
  readonly requests: readonly RequestAnswer[];
  readonly findings: readonly FindingAnswer[];
  readonly coverage: CoverageAnswer;
}
