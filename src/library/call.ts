import type { CallState } from '../domain/call.ts';
import type { Diagnostics } from '../domain/presence.ts';
import type { AgentAction, DeliveryFault } from '../domain/scenario.ts';
import type { ErrorCode, VideocallEvent } from '../guide/events.ts';
import type { Scope } from './scope.ts';

/** A call as it stands, with all that was done and said in it. Times are ISO 8601. */
export interface Call {
  clientId: string;
  validationId: string;
  /** Its number among the calls for the validation, from 1. */
  n: number;
  state: CallState;
  scenario: string;
  /** Those with which it was opened. */
  tokens: string[];
  openedAt: string;
  /** What its script waits for. */
  waitsFor: string | null;
  startedAt: string | null;
  endedAt: string | null;
  /** What the agent can do now. */
  possibleActions: AgentAction[];
  /** All that was done in it, oldest first. */
  acts: Act[];
  events: SaidEvent[];
  page: 'open' | 'none';
  pages: { servedAt: string; open: boolean; diagnostics: Diagnostics | null }[];
}

/** Something that was done in a call, and the event that came of it. */
export interface Act {
  at: string;
  by: 'script' | 'hand';
  act: AgentAction | 'fail' | 'post' | 'signal';
  /** With `fail` and `post` the code of the event, with `signal` its name. */
  name: string | null;
  /** The id of the event. */
  event: number | null;
}

/** An event that a call has said: `at` in virtual time, `pushedAt` and `postedAt` in real time, all ISO 8601. */
export interface SaidEvent {
  id: number;
  type: 'info' | 'error';
  code: string;
  message: string;
  at: string;
  /** How it was to reach the page otherwise than it should. */
  delivery?: DeliveryFault;
  pushedAt: string | null;
  postedAt: string | null;
}

/**
 * What has become of something that was done: `page` is `posted` when the frame has posted its event to the page
 * around it, `none` when no page is open, `open` when there was nothing to post, and `unconfirmed` when the frame has
 * not reported within two seconds.
 */
export interface Delivery {
  page: 'none' | 'open' | 'posted' | 'unconfirmed';
  /** In real time. */
  postedAfterMs?: number;
}

/**
 * One call: the latest for a validation, or the one of number n. It need not exist yet.
 *
 * @example
 * const call = mock.call('val-1');
 * console.log(call.src('TOKEN')); // http://videocall.localhost:…/call?access_token=TOKEN&validation_id=val-1
 * console.log(await call.state()); // ended
 * await call.join().catch((error) => console.log(error.hint)); // nothing more can happen in this call
 */
export interface CallHandle extends Readonly<Record<AgentAction, () => Promise<Delivery>>> {
  readonly validationId: string;
  /** The address for the `src` of the iframe, as the guide writes it (5.3). */
  src(token: string): string;
  /** All that is known of it; `not_found` before it was opened. */
  get(): Promise<Call>;
  /** What its page shows now: `waiting-room`, `loading`, `in-call`, `ended` or `error`. */
  state(): Promise<Call['state']>;
  /** The agent joins, so that the page hears `VideocallLoading`. */
  join(): Promise<Delivery>;
  /** The agent starts, so that the page hears `VideocallInitiated`. */
  start(): Promise<Delivery>;
  /** The agent records, of which the page hears nothing. */
  record(): Promise<Delivery>;
  /** The agent leaves, and the page is in the waiting room again. */
  leave(): Promise<Delivery>;
  /** The agent ends the call, so that the page hears `VideocallCompleted` and the token is used up. */
  end(): Promise<Delivery>;
  /** Lets the frame post any event. */
  post(event: VideocallEvent): Promise<Delivery>;
  /** Lets the call fail, with its error screen and the event of this code. */
  fail(code: ErrorCode): Promise<Delivery>;
  /** Gives the signal that its script waits for; `conflict` when it does not. */
  signal(name: string): Promise<void>;
}

/**
 * A handle on a call, which it asks for anew each time.
 *
 * @param scope whose call it is
 * @param n its number, from 1; without it, the latest
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
    signal: (name) => control.ask('POST /calls/:validation_id/signals', { ...address, body: { name } }),
  };
}
