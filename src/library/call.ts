import type { CallState } from '../domain/call-state.ts';
import type { Diagnostics } from '../domain/presence.ts';
import type { AgentAction, DeliveryFault } from '../domain/scenario.ts';
import type { ErrorCode, VideocallEvent } from '../guide/events.ts';
import { type Duration, toWrittenDuration } from './duration.ts';
import type { Scope } from './scope.ts';

/** A call and its whole history. Times are ISO 8601. */
export interface Call {
  clientId: string;
  validationId: string;
  /** Its number among the calls of the validation, from 1. */
  n: number;
  state: CallState;
  scenario: string;
  /** The tokens it was opened with. */
  tokens: string[];
  openedAt: string;
  /** The action or signal that its script waits for. */
  waitsFor: string | null;
  /** When its script continues, unless someone acts before. */
  nextAt: string | null;
  startedAt: string | null;
  endedAt: string | null;
  /** The actions that the agent can take now. */
  possibleActions: AgentAction[];
  /** Everything that was done in the call, oldest first. */
  acts: Act[];
  events: EventRecord[];
  page: 'open' | 'none';
  pages: { servedAt: string; open: boolean; diagnostics: Diagnostics | null }[];
}

/** An action in a call, and the event that it caused. */
export interface Act {
  at: string;
  by: 'script' | 'hand';
  act: AgentAction | 'fail' | 'post' | 'signal';
  /** The event code for `fail` and `post`, the name for `signal`. */
  name: string | null;
  /** The id of the event. */
  event: number | null;
}

/** An event of a call: `at` in virtual time, `pushedAt` and `postedAt` in real time, all ISO 8601. */
export interface EventRecord {
  id: number;
  type: 'info' | 'error';
  code: string;
  message: string;
  at: string;
  /** The delivery fault that the event was sent with. */
  delivery?: DeliveryFault;
  pushedAt: string | null;
  postedAt: string | null;
}

/**
 * The outcome of an action: `page` is `posted` when the frame has posted the event to its parent, `none` when no page is
 * open, `open` when there was no event to post, and `unconfirmed` when the frame has not reported within two seconds.
 */
export interface Delivery {
  page: 'none' | 'open' | 'posted' | 'unconfirmed';
  /** Real time. */
  postedAfterMs?: number;
}

/**
 * One call: the latest of a validation, or number n. It need not exist yet.
 *
 * @example
 * const call = mock.call('val-1');
 * console.log(call.src('TOKEN')); // http://videocall.localhost:…/call?access_token=TOKEN&validation_id=val-1
 * console.log(await call.state()); // ended
 * await call.join().catch((error) => console.log(error.hint)); // the call is over
 */
export interface CallHandle extends Readonly<Record<AgentAction, () => Promise<Delivery>>> {
  readonly validationId: string;
  /** The URL for the iframe's `src`, as in guide 5.3. */
  src(token: string): string;
  /** Reads the whole call; fails with `not_found` before it was opened. */
  get(): Promise<Call>;
  /** Reads what the page shows: `waiting-room`, `loading`, `in-call`, `ended` or `error`. */
  state(): Promise<Call['state']>;
  /** The agent joins: the page posts `VideocallLoading`. */
  join(): Promise<Delivery>;
  /** The agent starts the call: the page posts `VideocallInitiated`. */
  start(): Promise<Delivery>;
  /** The agent starts recording; the page posts nothing. */
  record(): Promise<Delivery>;
  /** The agent leaves, and the page returns to the waiting room. */
  leave(): Promise<Delivery>;
  /** The agent ends the call: the page posts `VideocallCompleted`, and the token is completed. */
  end(): Promise<Delivery>;
  /** Makes the frame post any event. */
  post(event: VideocallEvent): Promise<Delivery>;
  /** Makes the call fail: the page shows its error screen and posts the event of this code. */
  fail(code: ErrorCode): Promise<Delivery>;
  /**
   * Advances time for the script of this call alone, by milliseconds or a duration such as `10m`. Tokens keep to the clock of
   * the client. Resolves once everything that fell due was pushed to the open pages.
   */
  advance(by: Duration): Promise<void>;
  /** Sends the signal that the call's script waits for; fails with `conflict` when it waits for something else. */
  signal(name: string): Promise<void>;
}

/**
 * A handle on a call. It reads the call from the simulator each time.
 *
 * @param scope whose call it is
 * @param n its number, from 1; by default the latest
 * @internal
 */
export function createCallHandle(
  { control, client, browserUrl }: Scope,
  validationId: string,
  n?: number,
): CallHandle {
  const address = {
    parameters: { validation_id: validationId },
    query: { ...client, ...(n !== undefined && { n: String(n) }) },
  };
  const get = () => control.ask('GET /calls/:validation_id', address);
  const act = (action: AgentAction) =>
    control.ask('POST /calls/:validation_id/agent', { ...address, body: { action } });
  return {
    validationId,
    src: (token) =>
      `${browserUrl}/call?${new URLSearchParams({ access_token: token, validation_id: validationId })}`,
    get,
    state: async () => (await get()).state,
    join: () => act('join'),
    start: () => act('start'),
    record: () => act('record'),
    leave: () => act('leave'),
    end: () => act('end'),
    post: (body) => control.ask('POST /calls/:validation_id/events', { ...address, body }),
    fail: (code) => control.ask('POST /calls/:validation_id/fail', { ...address, body: { code } }),
    async advance(by) {
      const body = { by: toWrittenDuration(by), validationId, ...(n !== undefined && { n }) };
      await control.ask('POST /clock/advance', { query: client, body });
    },
    signal: (name) => control.ask('POST /calls/:validation_id/signals', { ...address, body: { name } }),
  };
}
