import type { CallAnswer } from '../../control/schema/calls.ts';
import type { RequestAnswer } from '../../control/schema/journal.ts';
import type { TokenAnswer } from '../../control/schema/tokens.ts';
import { tailOf } from '../../domain/journal.ts';
import { PATHS } from '../../guide/oauth.ts';

/** What went between whom in a call, as a sequence diagram shows it. */

export const PARTIES = ['backend', 'browser', 'simulator', 'agent'] as const;
export type Party = (typeof PARTIES)[number];

/** One arrow. */
export interface Message {
  /** Virtual time, in milliseconds since 1970. */
  readonly at: number;
  readonly from: Party;
  /** The same where somebody does something alone. */
  readonly to: Party;
  readonly text: string;
  /** What else is to be known of it. */
  readonly note?: string;
  /** An event of the guide, or something that went wrong. */
  readonly tone?: 'event' | 'bad';
}

/** What is known of a call, in the words of the control API. */
export interface Story {
  readonly call: CallAnswer;
  /** All tokens, or only those of the call. */
  readonly tokens: readonly TokenAnswer[];
  /** All requests of its client, or only those that have to do with the call. */
  readonly requests: readonly RequestAnswer[];
}

const time = (text: string): number => Date.parse(text);

function issued({ call, tokens }: Story): Message[] {
  return tokens
    .filter(({ access_token: token }) => call.tokens.includes(token))
    .flatMap(({ access_token: token, issued_at: at }): Message[] => [
      { at: time(at), from: 'backend', to: 'simulator', text: `POST ${PATHS.token}` },
      { at: time(at), from: 'simulator', to: 'backend', text: `access token ${tailOf(token)}` },
    ]);
}

/** The page's way to the call. A journal that has forgotten it by now leaves what the call itself knows. */
function opened({ call, requests }: Story): Message[] {
  const tails = call.tokens.map(tailOf);
  const own = requests.filter(
    ({ path, query, form, validation_id: id }) =>
      (path === '/call' && id === call.validation_id && tails.includes(query.access_token ?? '')) ||
      (path === PATHS.revoke && tails.includes(form?.token ?? '')),
  );
  const messages = own.map(
    ({ at, method, path, status, reason }): Message => ({
      at: time(at),
      from: path === PATHS.revoke ? 'backend' : 'browser',
      to: 'simulator',
      text: `${method} ${path}`,
      ...(reason !== null && { note: status === null ? reason : `${status}: ${reason}` }),
      ...(status !== 200 && { tone: 'bad' as const }),
    }),
  );
  return own.some(({ path }) => path === '/call')
    ? messages
    : [{ at: time(call.opened_at), from: 'browser', to: 'simulator', text: 'GET /call' }, ...messages];
}

const started = ({ started_at: at }: CallAnswer): Message[] =>
  at === null ? [] : [{ at: time(at), from: 'browser', to: 'simulator', text: 'page listens' }];

function said(event: CallAnswer['events'][number]): Message[] {
  const { at, code, delivery, pushed_at: pushed, posted_at: posted } = event;
  const base = { at: time(at), tone: delivery === undefined && pushed !== null ? 'event' : 'bad' } as const;
  const note = [
    ...(delivery === undefined ? [] : [`delivery: ${delivery}`]),
    ...(pushed === null && delivery !== 'drop' ? ['no page has heard it'] : []),
  ].join(', ');
  const push: Message = { ...base, from: 'simulator', to: 'browser', text: code, ...(note && { note }) };
  if (pushed === null) return [push];
  if (posted === null)
    return [push, { ...base, tone: 'bad', from: 'browser', to: 'browser', text: 'not posted' }];
  const delay = Math.max(0, time(posted) - time(pushed));
  return [
    push,
    { ...base, from: 'browser', to: 'browser', text: 'postMessage to the page', note: `after ${delay} ms` },
  ];
}

/** Who does not act as the agent is whoever steers the simulator. */
function done({ acts, events }: CallAnswer): Message[] {
  return acts.flatMap(({ at, by, act, name, event }): Message[] => {
    const isFailure = act === 'fail';
    const isOfAgent = name === null;
    const deed: Message = {
      at: time(at),
      from: isOfAgent ? 'agent' : 'simulator',
      to: 'simulator',
      text: isOfAgent ? act : `${act} ${name}`,
      note: `by ${by}`,
      ...(isFailure && { tone: 'bad' as const }),
    };
    const saying = event === null ? undefined : events[event];
    return saying === undefined ? [deed] : [deed, ...said(saying)];
  });
}

const completed = ({ ended_at: at, tokens }: CallAnswer): Message[] =>
  at === null
    ? []
    : tokens.map((token) => ({
        at: time(at),
        from: 'simulator',
        to: 'simulator',
        text: `token ${tailOf(token)} completed`,
      }));

/** Everything that went to and fro in a call, in its order. */
export const sequenceOf = (story: Story): Message[] =>
  [
    ...issued(story),
    ...opened(story),
    ...started(story.call),
    ...done(story.call),
    ...completed(story.call),
  ].toSorted((a, b) => a.at - b.at);
