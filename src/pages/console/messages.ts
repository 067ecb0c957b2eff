import { type Static, Type } from 'typebox';
import type { CallAnswer } from '../../control/schema/calls.ts';
import type { ClientAnswer } from '../../control/schema/clients.ts';
import type { ClockAnswer } from '../../control/schema/clock.ts';
import type { FindingAnswer, RequestAnswer } from '../../control/schema/journal.ts';
import type { TokenAnswer } from '../../control/schema/tokens.ts';
import type { ValidationAnswer } from '../../control/schema/validations.ts';
import type { CallState } from '../../domain/call.ts';

/** What the console is told, in the words of the control API. */

/** What is looked at, in the query of the console's stream. Whatever is left out leaves all. */
export const ConsoleQuery = Type.Object({
  client_id: Type.Optional(Type.String()),
  /** The call that is looked at closely; without it, the one that was opened last. */
  call_client_id: Type.Optional(Type.String()),
  validation_id: Type.Optional(Type.String()),
  n: Type.Optional(Type.String({ pattern: '^[1-9]\\d{0,8}$' })),
  /** Requests that hold this text. */
  text: Type.Optional(Type.String({ maxLength: 200 })),
  /** Only requests that were refused or went wrong. */
  refused: Type.Optional(Type.Literal('yes')),
});
export type ConsoleQuery = Static<typeof ConsoleQuery>;

/** Some of the items of a list, the newest first, and how many there are in all. */
interface Newest<T> {
  readonly items: readonly T[];
  readonly total: number;
}

/** How a client's own clock goes, in words that change only when somebody sets it. */
type OwnClock = { readonly frozen_at: string } | { readonly offset_ms: number };

interface KnownClient extends Omit<ClientAnswer, 'client_secret'> {
  /** Null where it follows the common clock. */
  readonly clock: OwnClock | null;
}

/** Every part of what the console shows; each is told anew when it has changed. */
export interface ConsoleParts {
  readonly server: {
    readonly version: string;
    readonly instance_id: string;
    readonly browser_url: string;
    /** What is played where nothing nearer chooses a scenario. */
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
  /** The call that is looked at closely, with what else has to do with it; null where there is none. */
  readonly call: {
    readonly call: CallAnswer;
    readonly tokens: readonly TokenAnswer[];
    readonly requests: readonly RequestAnswer[];
  } | null;
  readonly tokens: Newest<TokenAnswer>;
  readonly findings: readonly FindingAnswer[];
  readonly journal: Newest<RequestAnswer>;
}

/** What cannot be told now, and why: it is tried again. */
export interface ConsoleProblem {
  readonly message: string;
}
