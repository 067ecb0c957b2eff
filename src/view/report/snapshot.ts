import type { CallAnswer } from '../../protocol/control/calls.ts';
import type { FindingAnswer, RequestAnswer } from '../../protocol/control/journal.ts';
import type { TokenAnswer } from '../../protocol/control/tokens.ts';

/** All that a report is made of, in the words of the control API. */
export interface Snapshot {
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
