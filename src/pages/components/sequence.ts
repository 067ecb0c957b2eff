import type { CallAnswer } from '../../control/schema/calls.ts';
import type { RequestAnswer } from '../../control/schema/journal.ts';
import type { TokenAnswer } from '../../control/schema/tokens.ts';
import { abbreviateToken } from '../../domain/journal.ts';
import { PATHS } from '../../guide/oauth.ts';

/** The messages of a call, for its sequence diagram. */

export const PARTIES = ['backend', 'browser', 'simulator', 'agent'] as const;
export type Party = (typeof PARTIES)[number];

/** One arrow. */
export interface SequenceMessage {
  /** Virtual time, in milliseconds since 1970. */
  readonly at: number;
  readonly from: Party;
  /** The label of an action without a receiver. */
  readonly to: Party;
  readonly text: string;
  /** More details. */
  readonly note?: string;
  /** An event of the guide, or a failure. */
  readonly tone?: 'event' | 'bad';
}

/** The data of a call, as the control API returns it. */
export interface CallHistory {
  readonly call: CallAnswer;
  /** All tokens, or only those of the call. */
  readonly tokens: readonly TokenAnswer[];
  /** All requests of the call's client, or only those that belong to the call. */
  readonly requests: readonly RequestAnswer[];
}

const toMs = (text: string): number => Date.parse(text);

function createTokenMessages({ call, tokens }: CallHistory): SequenceMessage[] {
  return tokens
    .filter(({ access_token: token }) => call.tokens.includes(token))
    .flatMap(({ access_token: token, issued_at: at }): SequenceMessage[] => [
      { at: toMs(at), from: 'backend', to: 'simulator', text: `POST ${PATHS.token}` },
      { at: toMs(at), from: 'simulator', to: 'backend', text: `access token ${abbreviateToken(token)}` },
    ]);
}

/** How the page opened the call. If the journal has dropped that, the call's own data is used. */
function createOpeningMessages({ call, requests }: CallHistory): SequenceMessage[] {
  const tails = call.tokens.map(abbreviateToken);
  const own = requests.filter(
    ({ path, query, form, validation_id: id }) =>
      (path === '/call' && id === call.validation_id && tails.includes(query.access_token ?? '')) ||
      (path === PATHS.revoke && tails.includes(form?.token ?? '')),
  );
  const messages = own.map(
    ({ at, method, path, status, reason }): SequenceMessage => ({
      at: toMs(at),
      from: path === PATHS.revoke ? 'backend' : 'browser',
      to: 'simulator',
      text: `${method} ${path}`,
      ...(reason !== null && { note: status === null ? reason : `${status}: ${reason}` }),
      ...(status !== 200 && { tone: 'bad' as const }),
    }),
  );
  return own.some(({ path }) => path === '/call')
    ? messages
    : [{ at: toMs(call.opened_at), from: 'browser', to: 'simulator', text: 'GET /call' }, ...messages];
}

const createStartMessages = ({ started_at: at }: CallAnswer): SequenceMessage[] =>
  at === null ? [] : [{ at: toMs(at), from: 'browser', to: 'simulator', text: 'page connected' }];

function createEventMessages(event: CallAnswer['events'][number]): SequenceMessage[] {
  const { at, code, delivery, pushed_at: pushed, posted_at: posted } = event;
  const base = { at: toMs(at), tone: delivery === undefined && pushed !== null ? 'event' : 'bad' } as const;
  const note = [
    ...(delivery === undefined ? [] : [`delivery: ${delivery}`]),
    ...(pushed === null && delivery !== 'drop' ? ['no page received it'] : []),
  ].join(', ');
  const push: SequenceMessage = {
    ...base,
    from: 'simulator',
    to: 'browser',
    text: code,
    ...(note && { note }),
  };
  if (pushed === null) return [push];
  if (posted === null)
    return [push, { ...base, tone: 'bad', from: 'browser', to: 'browser', text: 'not posted' }];
  const delay = Math.max(0, toMs(posted) - toMs(pushed));
  return [
    push,
    { ...base, from: 'browser', to: 'browser', text: 'postMessage to the page', note: `after ${delay} ms` },
  ];
}

/** An intervention that is not the agent's comes from the user of the simulator. */
function createActionMessages({ acts, events }: CallAnswer): SequenceMessage[] {
  return acts.flatMap(({ at, by, act, name, event }): SequenceMessage[] => {
    const isFailure = act === 'fail';
    const isOfAgent = name === null;
    const actionMessage: SequenceMessage = {
      at: toMs(at),
      from: isOfAgent ? 'agent' : 'simulator',
      to: 'simulator',
      text: isOfAgent ? act : `${act} ${name}`,
      note: `by ${by}`,
      ...(isFailure && { tone: 'bad' as const }),
    };
    const emittedEvent = event === null ? undefined : events[event];
    return emittedEvent === undefined
      ? [actionMessage]
      : [actionMessage, ...createEventMessages(emittedEvent)];
  });
}

const createCompletionMessages = ({ ended_at: at, tokens }: CallAnswer): SequenceMessage[] =>
  at === null
    ? []
    : tokens.map((token) => ({
        at: toMs(at),
        from: 'simulator',
        to: 'simulator',
        text: `token ${abbreviateToken(token)} completed`,
      }));

/** All messages of a call, in their order. */
export const createSequence = (history: CallHistory): SequenceMessage[] =>
  [
    ...createTokenMessages(history),
    ...createOpeningMessages(history),
    ...createStartMessages(history.call),
    ...createActionMessages(history.call),
    ...createCompletionMessages(history.call),
  ].toSorted((a, b) => a.at - b.at);
