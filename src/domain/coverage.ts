import { formatStep, isControlStep, type PlayStep } from './play-step.ts';

/** The situations that tests of an integration have to try, by the guide. */

/** Where it is seen that a situation is played: in a request to the service, a finding, or the open page of a call. */
export type Stage = 'token' | 'revoke' | 'call' | 'finding' | 'check-in' | 'view' | 'event' | 'post';

/** A situation that an integration meets in production. */
export interface Situation {
  readonly seenIn: Stage;
  /** Section of the guide. */
  readonly guide: string;
  readonly title: string;
  /** What counts as played. */
  readonly counts: string;
  readonly play: readonly [PlayStep, ...PlayStep[]];
  /** What takes back the steps that outlast the situation. */
  readonly afterwards?: PlayStep;
}

const advance = (by: string) => ({ control: 'POST /__admin/clock/advance', body: { by } });
const arm = (fault: Readonly<Record<string, unknown>>) => ({
  control: 'POST /__admin/faults',
  body: { endpoint: 'token', ...fault, times: 1 },
});
const become = (environment: string, allowed_ips?: readonly string[]) => ({
  control: 'PATCH /__admin/clients/CLIENT_ID',
  body: { environment, allowed_ips },
});

/** A row for a way of requesting tokens. */
const way = (form: string, credentials: string) =>
  ({
    seenIn: 'token',
    guide: '5.2',
    title: `token by ${form} form with ${credentials}`,
    counts: 'a token was issued this way; asked for only if your backend has tried it',
    play: ['token-this-way'],
  }) as const satisfies Situation;

/** Every situation by its id, which is part of the control API and of config files. */
export const SITUATIONS = {
  'token-form-body': way('urlencoded', 'the credentials in it'),
  'token-form-basic': way('urlencoded', 'Basic credentials'),
  'token-multipart-body': way('multipart', 'the credentials in it'),
  'token-multipart-basic': way('multipart', 'Basic credentials'),
  'token-refused': {
    seenIn: 'token',
    guide: '5.2',
    title: 'token refused and then issued',
    counts: 'a token request was refused with a 4xx, and a later one was answered with a token',
    play: [arm({ status: 401 }), 'token', 'token'],
  },
  'token-unavailable': {
    seenIn: 'token',
    guide: '5.2',
    title: 'token endpoint unavailable',
    counts: 'a fault answered a token request with a 5xx or a broken answer, or not at all',
    play: [arm({ status: 503 }), 'token'],
  },
  'token-slow': {
    seenIn: 'token',
    guide: '5.2',
    title: 'token endpoint slow',
    counts: 'a fault delayed the answer to a token request',
    play: [arm({ latency: '1s' }), 'token'],
  },
  'token-recovered': {
    seenIn: 'token',
    guide: '5.2',
    title: 'token endpoint back after a failure',
    counts: 'a token was issued after a fault had made the endpoint unavailable or slow',
    play: [arm({ status: 503 }), 'token', 'token'],
  },
  'token-revoked': {
    seenIn: 'revoke',
    guide: '5.2',
    title: 'token revoked by the backend',
    counts: 'POST /o/revoke_token/ has revoked a token of its client',
    play: ['token', 'revoke'],
  },
  'expired-token': {
    seenIn: 'call',
    guide: '5.2',
    title: 'expired token at /call',
    counts: '/call was opened with a token that had expired',
    play: ['token', advance('2h'), 'that-token'],
  },
  'used-token': {
    seenIn: 'call',
    guide: '5.2',
    title: 'used token at /call',
    counts: '/call was opened with a token whose call had ended',
    play: [{ frame: 'happy~1' }, advance('1m'), 'same-token'],
  },
  'revoked-token': {
    seenIn: 'call',
    guide: '5.2',
    title: 'revoked token at /call',
    counts: '/call was opened with a token that had been revoked',
    play: ['token', 'revoke', 'that-token'],
  },
  'unknown-token': {
    seenIn: 'call',
    guide: '5.3',
    title: 'unknown token at /call',
    counts:
      '/call was opened with a token that was never issued; it belongs to no client, so it counts for all',
    play: ['unknown-token'],
  },
  'missing-validation-id': {
    seenIn: 'finding',
    guide: '5.3',
    title: 'missing validation id',
    counts: '/call was opened with a valid token and without validation_id',
    play: ['no-validation-id'],
  },
  'unconfirmed-validation': {
    seenIn: 'finding',
    guide: '5.3',
    title: 'unconfirmed validation id',
    counts: '/call was opened with a valid token for a validation that was not confirmed',
    play: [
      { control: 'PUT /__admin/validations/unconfirmed', body: { confirmed: false } },
      { frame: 'unconfirmed' },
    ],
  },
  'loading-event': {
    seenIn: 'event',
    guide: '5.5.1.3',
    title: 'VideocallLoading',
    counts: 'the frame posted VideocallLoading to the page around it',
    play: [{ frame: 'happy~1' }, advance('1m')],
  },
  'initiated-event': {
    seenIn: 'event',
    guide: '5.5.1.2',
    title: 'VideocallInitiated',
    counts: 'the frame posted VideocallInitiated to the page around it',
    play: [{ frame: 'happy~1' }, advance('1m')],
  },
  'completed-event': {
    seenIn: 'event',
    guide: '5.5.1.1',
    title: 'VideocallCompleted',
    counts: 'the frame posted VideocallCompleted to the page around it',
    play: [{ frame: 'happy~1' }, advance('1m')],
  },
  'not-found-event': {
    seenIn: 'event',
    guide: '5.5.2.1',
    title: 'VideocallNotFound',
    counts: 'the frame posted VideocallNotFound to the page around it',
    play: [{ frame: 'not-found~1' }],
  },
  'server-not-operational-event': {
    seenIn: 'event',
    guide: '5.5.2.2',
    title: 'VideocallServerNotOperational',
    counts: 'the frame posted VideocallServerNotOperational to the page around it',
    play: [{ frame: 'server-not-operational~1' }],
  },
  'completed-twice': {
    seenIn: 'post',
    guide: '5.5.1.1',
    title: 'VideocallCompleted twice',
    counts: 'the frame posted VideocallCompleted twice in one call',
    play: [{ frame: 'duplicate-completed~1' }, advance('1m')],
  },
  'completed-lost': {
    seenIn: 'view',
    guide: '5.5.1.1',
    title: 'VideocallCompleted lost',
    counts: 'the call ended while its page was open, and VideocallCompleted was dropped',
    play: [{ frame: 'completed-lost~1' }, advance('1m')],
  },
  'completed-late': {
    seenIn: 'post',
    guide: '5.5.1.1',
    title: 'VideocallCompleted late',
    counts: 'the frame posted VideocallCompleted some time after the call had ended',
    play: [{ frame: 'completed-late~1' }, advance('1m')],
  },
  'events-out-of-order': {
    seenIn: 'post',
    guide: '5.5',
    title: 'events out of order',
    counts: 'the frame posted an event after one that came later in the call',
    play: [{ frame: 'reordered-events~1' }, advance('1m')],
  },
  'foreign-message': {
    seenIn: 'post',
    guide: '5.5',
    title: 'message of a foreign origin',
    counts: 'an event was posted to the page from another origin than that of the frame',
    play: [{ frame: 'foreign-origin-event~1' }, advance('1m')],
  },
  'malformed-message': {
    seenIn: 'post',
    guide: '5.5',
    title: 'malformed message',
    counts: 'the frame posted a message that the guide does not have',
    play: [{ frame: 'malformed-event~1' }, advance('1m')],
  },
  'long-wait': {
    seenIn: 'view',
    guide: '5.3',
    title: 'client waits longer than 5 minutes',
    counts: 'a page was open when its client had waited for an agent for more than 5 minutes',
    play: [{ frame: 'agent-late~1' }, advance('6m')],
  },
  'agent-returns': {
    seenIn: 'view',
    guide: '4',
    title: 'agent leaves and comes back',
    counts: 'a page was open when an agent joined a call that one had left',
    play: [{ frame: 'agent-leaves-before-start~1' }, advance('2m')],
  },
  'client-returns-to-waiting-room': {
    seenIn: 'check-in',
    guide: '4',
    title: 'client closes the page in the waiting room and comes back',
    counts: 'another page of a call checked in after the first one was closed, before an agent joined',
    play: [{ frame: 'manual~1' }, 'close', 'same-token'],
  },
  'client-returns-to-call': {
    seenIn: 'check-in',
    guide: '4',
    title: 'client closes the page in the call and comes back',
    counts:
      'another page of a call checked in after the first one was closed, while the agent was in the call',
    play: [{ frame: 'call-outlives-token~1' }, advance('1m'), 'close', 'same-token'],
  },
  'call-outlives-token': {
    seenIn: 'post',
    guide: '5.2',
    title: 'call outlives its token',
    counts: 'the frame posted an event of a call after its token had expired',
    play: [{ frame: 'call-outlives-token~1' }, advance('3h')],
  },
  'two-calls': {
    seenIn: 'check-in',
    guide: '5.2',
    title: 'two calls at once',
    counts: 'a client had open pages of two calls that were not over',
    play: [{ frame: 'manual~1' }, { frame: 'manual~2' }],
  },
  'sandbox-client': {
    seenIn: 'token',
    guide: '5.1',
    title: 'token for a sandbox client',
    counts: 'a client of the sandbox was issued a token',
    play: ['token'],
  },
  'production-client': {
    seenIn: 'token',
    guide: '5.1',
    title: 'token for a production client',
    counts: 'a production client was issued a token at an address of its allowed_ips',
    play: [become('production', ['127.0.0.1', '::1']), 'token'],
    afterwards: become('sandbox'),
  },
  'blocked-address': {
    seenIn: 'token',
    guide: '6.1',
    title: 'token request from a blocked address',
    counts: 'a production client requested a token from an address that is not in its allowed_ips',
    play: [become('production', []), 'token'],
    afterwards: become('sandbox'),
  },
} as const satisfies Record<string, Situation>;

export type SituationId = keyof typeof SITUATIONS;

/** A situation that does not concern a team, and why. */
export interface IgnoredSituation {
  readonly situation: SituationId;
  readonly reason: string;
}

/** The situations that are seen at one stage. */
export type SituationAt<S extends Stage> = {
  [I in SituationId]: (typeof SITUATIONS)[I]['seenIn'] extends S ? I : never;
}[SituationId];

/**
 * How to play a situation, in one line.
 *
 * @param format marks what is written in code
 */
export function describePlay(id: SituationId, format = (text: string) => text): string {
  const { play, afterwards }: Situation = SITUATIONS[id];
  const describe = (step: PlayStep) => (isControlStep(step) ? format(formatStep(step)) : formatStep(step));
  return [...play.map(describe), ...(afterwards ? [`afterwards ${describe(afterwards)}`] : [])].join('; ');
}

/** What holds for the steps of every situation. */
export const HOW_TO_PLAY =
  'Requests go to the simulator: in the command of exec, $VIDEOCALL_ADMIN_URL stands for its /__admin, and $CLIENT_ID for CLIENT_ID. ' +
  'When the frame is embedded, wait for its page before you move the clock: POST /__admin/wait {"for":{"page":"open"}}.';
