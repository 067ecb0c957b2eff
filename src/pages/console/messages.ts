import type { Static } from 'typebox';
import * as Type from 'typebox';
import type { CallAnswer } from '../../control/schema/calls.ts';
import type { ClientAnswer } from '../../control/schema/clients.ts';
import type { ClockAnswer } from '../../control/schema/clock.ts';
import type { CoverageAnswer } from '../../control/schema/coverage.ts';
import type { FaultAnswer } from '../../control/schema/faults.ts';
import type { FindingAnswer, RequestAnswer } from '../../control/schema/journal.ts';
import type { TokenAnswer } from '../../control/schema/tokens.ts';
import type { ValidationAnswer } from '../../control/schema/validations.ts';
import type { CallState } from '../../domain/call-state.ts';

/** The content of the console, as the control API formats it. */

/** The selection, in the query of the console's stream. What is left out selects all. */
export const ConsoleQuery = Type.Object({
  client_id: Type.Optional(Type.String()),
  /** The client of the selected call; by default `client_id`. */
  call_client_id: Type.Optional(Type.String()),
  /** The selected call; without it, the one that was opened last. */
  validation_id: Type.Optional(Type.String()),
  n: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,8}$' })),
  /** Requests that contain this text. */
  text: Type.Optional(Type.String({ maxLength: 200 })),
  /** Only requests that were refused or failed. */
  refused: Type.Optional(Type.Literal('yes')),
});
export type ConsoleQuery = Static<typeof ConsoleQuery>;

/** The newest items of a list, and how many there are in all. */
interface Newest<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** A client's own clock, in text that changes only when the clock is set. */
type OwnClock = { readonly frozen_at: string } | { readonly offset_ms: number };

interface KnownClient extends Omit<ClientAnswer, 'client_secret'> {
  /** Null when it follows the default clock. */
  readonly clock: OwnClock | null;
}

/** Every part of the console's content; each is sent again when it has changed. */
export interface ConsoleParts {
  readonly server: {
    readonly version: string;
    /** The name of the answer profile. */
    readonly profile: string;
    readonly instance_id: string;
    readonly browser_url: string;
    /** The default scenario. */
    readonly scenario: string;
  };
  readonly clients: readonly KnownClient[];
  readonly clock: ClockAnswer;
  readonly scenarios: readonly { readonly name: string; readonly description: string | null }[];
  readonly calls: {
    readonly waiting: readonly CallAnswer[];
    readonly unopened: readonly ValidationAnswer[];
    readonly live: readonly CallAnswer[];
    readonly over: readonly CallAnswer[];
    readonly counts: Readonly<Record<CallState, number>>;
  };
  /** The selected call, with its tokens and requests; null when there is none. */
  readonly call: {
    readonly call: CallAnswer;
    readonly tokens: readonly TokenAnswer[];
    readonly requests: readonly RequestAnswer[];
  } | null;
  readonly tokens: Newest<TokenAnswer>;
  readonly findings: readonly FindingAnswer[];
  readonly coverage: CoverageAnswer;
  readonly faults: readonly FaultAnswer[];
  readonly journal: Newest<RequestAnswer>;
}

/** What cannot be read now, and why; it is retried. */
export interface ConsoleProblem {
  readonly message: string;
}
