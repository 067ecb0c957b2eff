import { EVENTS, type EventCode } from '../../src/guide/events.ts';
import { CREDENTIALS } from './oauth.ts';
import {
  createPact,
  type Exchange,
  MATCH_TYPE,
  type Message,
  matchIncludes,
  matchRegex,
  type States,
  text,
  toExchange,
  toMessage,
} from './pact.ts';

/** What the guide promises to a page that embeds the frame: guide 5.3 and the events of guide 5.5. */

export const VALIDATION = { 'a validation exists': { validation_id: 'VALIDATION_ID' } };
export const LIVE_TOKEN = { ...CREDENTIALS, 'an access token exists': {} };

/** An answer of the frame that is a page in one of its states. */
export const createPageAnswer = (status: number, state: string): Exchange['response'] => ({
  status,
  headers: { 'Content-Type': 'text/html; charset=utf-8' },
  body: text(`<body data-state="${state}">`, 'text/html'),
  rules: {
    header: { 'Content-Type': matchRegex('^text/html(;.*)?$') },
    body: { $: matchIncludes(`<body data-state="${state}"`) },
  },
});

/** A GET of the frame with the token of the state. */
export const createFrameRequest = (
  query: Readonly<Record<string, string>> = { validation_id: 'VALIDATION_ID' },
) => ({
  path: '/call',
  query: { access_token: 'ACCESS_TOKEN', ...query },
  fromState: { query: { access_token: 'accessToken' } },
});

/** Any directives but frame-ancestors: even `*` shuts out parents without a network origin, such as file: and about:blank. */
const NO_FRAME_ANCESTORS =
  '^((default|script|style|img|media|connect|frame)-src [^;]*(; |$)|(base-uri|form-action) [^;]*(; |$))+$';

function createWaitingRoomExchange(): Exchange {
  const response = createPageAnswer(200, 'waiting-room');
  return {
    key: 'iframe.call.waiting',
    description: 'the frame of a user who waits for an agent',
    text: 'Guide 5.3: the user sees a waiting room until an agent joins; the frame can be embedded anywhere',
    states: { ...LIVE_TOKEN, ...VALIDATION },
    request: createFrameRequest(),
    response: {
      ...response,
      headers: { ...response.headers, 'Content-Security-Policy': "default-src 'none'" },
      rules: {
        ...response.rules,
        header: { ...response.rules?.header, 'Content-Security-Policy': matchRegex(NO_FRAME_ANCESTORS) },
      },
    },
  };
}

/** When an event is said, in the guide and as a provider state. */
interface Occasion {
  readonly guide: string;
  readonly when: string;
  readonly states: States;
}

export const OCCASIONS: Readonly<Record<EventCode, Occasion>> = {
  VideocallLoading: {
    guide: '5.5.1.3',
    when: 'the agent joins',
    states: { 'the agent has joined the video call': {} },
  },
  VideocallInitiated: {
    guide: '5.5.1.2',
    when: 'the call has started',
    states: { 'the video call has been initiated': {} },
  },
  VideocallCompleted: {
    guide: '5.5.1.1',
    when: 'the call has ended',
    states: { 'the video call has been completed': {} },
  },
  VideocallNotFound: {
    guide: '5.5.2.1',
    when: 'the call does not exist',
    states: { 'the video call is not found': {} },
  },
  VideocallServerNotOperational: {
    guide: '5.5.2.2',
    when: 'the server is down',
    states: { 'the video call server is not operational': {} },
  },
};

const toEventMessage = (code: EventCode, { guide, when, states }: Occasion): Message => ({
  key: `event.${code}`,
  description: `the event ${code}, when ${when}`,
  text: `Guide ${guide}; only the code is stable, so the message may be any text`,
  states,
  content: EVENTS[code],
  metadata: { contentType: 'application/json', origin: 'https://videocall.example' },
  rules: {
    body: { '$.message': MATCH_TYPE },
    // The listener of guide 5.5 looks for this in the origin.
    metadata: { origin: matchRegex('^https?://.*videocall.*$') },
  },
});

export const createFrontendPact = () =>
  createPact('guide-frontend', [
    toExchange(createWaitingRoomExchange()),
    ...(Object.keys(OCCASIONS) as EventCode[]).map((code) =>
      toMessage(toEventMessage(code, OCCASIONS[code])),
    ),
  ]);
