import type { CallAnswer } from '../../control/schema/calls.ts';
import type { FindingAnswer, RequestAnswer } from '../../control/schema/journal.ts';
import type { TokenAnswer } from '../../control/schema/tokens.ts';

/** All that a report is made of, in the words of the control API. */
export interface ReportSnapshot {
  /** The simulator's. */
  readonly version: string;
  /** When it was asked, by its own clock. */
  readonly at: string;
  /** Their ids. */
  readonly clients: readonly string[];
  /** The oldest first, as everything here. */
  readonly calls: readonly CallAnswer[];
  readonly tokens: readonly TokenAnswer[];
  readonly requests: readonly RequestAnswer[];
  readonly findings: readonly FindingAnswer[];
}
