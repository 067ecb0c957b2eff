import type { ProxiedAnswer, ProxiedRequest, Sabotage } from './sabotage.ts';

/** A fault of the service that a contract should detect. */
export interface PlantedFault extends Sabotage {
  readonly what: string;
  /** The contract that should detect it. */
  readonly by: 'guide-backend' | 'guide-frontend' | 'simulator-errors';
  /** Why no contract of this kind can detect it. */
  readonly unnoticed?: string;
}

const createPathFilter =
  (place: string) =>
  ({ url }: ProxiedRequest) =>
    url.split('?', 1)[0] === place;
const isToken = createPathFilter('/o/token/');
const isRevoke = createPathFilter('/o/revoke_token/');
const isCall = createPathFilter('/call');
const isEvents = createPathFilter('/__admin/events');

/** Changes the responses of matching requests. */
const changeAnswers =
  (
    isMeant: (passing: ProxiedRequest) => boolean,
    change: (returning: ProxiedAnswer, passing: ProxiedRequest) => void,
  ) =>
  (returning: ProxiedAnswer, passing: ProxiedRequest): void => {
    if (isMeant(passing)) change(returning, passing);
  };

// biome-ignore lint/suspicious/noExplicitAny: a spoiled body has no type
type Json = any;

/** Changes the JSON of successful responses of matching requests. */
const changeJson = (isMeant: (passing: ProxiedRequest) => boolean, change: (body: Json) => void) =>
  changeAnswers(isMeant, (returning) => {
    if (returning.status !== 200) return;
    const body = JSON.parse(returning.body);
    change(body);
    returning.body = JSON.stringify(body);
  });

/** Overwrites fields of an issued token. */
const changeToken = (wrong: object) => changeJson(isToken, (body) => Object.assign(body, wrong));

const changeEvents = (change: (event: Json) => void) =>
  changeJson(isEvents, ({ items }) => items.forEach(change));

const replaceInPage = (from: RegExp, to: string) =>
  changeAnswers(isCall, (returning) => {
    returning.body = returning.body.replace(from, to);
  });

const PAGE: ProxiedAnswer = {
  status: 200,
  headers: { 'content-type': 'text/html' },
  body: '<body data-state="waiting-room">',
};
/** Accepts a token that was refused for this reason. */
const admitRefused = (reason: string) =>
  changeAnswers(isCall, (returning) => {
    if (returning.body.includes(reason)) Object.assign(returning, PAGE);
  });

export const FAULTS: readonly PlantedFault[] = [
  {
    what: 'a token is answered with 201',
    by: 'guide-backend',
    answer: changeAnswers(isToken, (returning) => {
      if (returning.status === 200) returning.status = 201;
    }),
  },
  {
    what: 'an answer has no access_token',
    by: 'guide-backend',
    answer: changeJson(isToken, (body) => {
      delete body.access_token;
    }),
  },
  {
    what: 'the access_token has another name',
    by: 'guide-backend',
    answer: changeJson(isToken, (body) => {
      body.accessToken = body.access_token;
      delete body.access_token;
    }),
  },
  {
    what: 'the scope lacks groups',
    by: 'guide-backend',
    answer: changeToken({ scope: 'read write' }),
  },
  {
    what: 'a token lives for 3540 seconds',
    by: 'guide-backend',
    answer: changeToken({ expires_in: 3540 }),
  },
  {
    what: 'the lifetime is a string',
    by: 'guide-backend',
    answer: changeToken({ expires_in: '3600' }),
  },
  {
    what: 'the token type is in lower case',
    by: 'guide-backend',
    answer: changeToken({ token_type: 'bearer' }),
  },
  {
    what: 'a token is declared as text',
    by: 'guide-backend',
    answer: changeAnswers(isToken, ({ headers }) => {
      headers['content-type'] = 'text/plain';
    }),
  },
  {
    what: 'the token is empty',
    by: 'guide-backend',
    answer: changeToken({ access_token: '' }),
  },
  {
    what: 'multipart forms are not supported',
    by: 'guide-backend',
    request: (passing) =>
      passing.headers['content-type']?.startsWith('multipart/')
        ? { status: 415, headers: {}, body: '' }
        : undefined,
  },
  {
    what: 'Basic credentials are not supported',
    by: 'guide-backend',
    request(passing) {
      if (!passing.url.startsWith('/__admin')) delete passing.headers.authorization;
      return undefined;
    },
  },
  {
    what: 'a revocation does nothing',
    by: 'guide-backend',
    request: (passing) => (isRevoke(passing) ? { status: 200, headers: {}, body: '' } : undefined),
  },
  {
    what: 'a revocation answers with data',
    by: 'guide-backend',
    answer: changeAnswers(isRevoke, (returning) => {
      returning.headers['content-type'] = 'application/json';
      returning.body = '{"revoked":true}';
    }),
  },
  {
    what: 'every token is the same',
    by: 'guide-backend',
    answer: changeToken({ access_token: 'always-the-same-token' }),
    unnoticed: 'a contract checks one response at a time and cannot compare two',
  },
  {
    what: 'an event never comes',
    by: 'guide-frontend',
    answer: changeJson(isEvents, (body) => {
      body.items = body.items.filter(({ code }: Json) => code !== 'VideocallLoading');
    }),
  },
  {
    what: 'an event code is misspelt',
    by: 'guide-frontend',
    answer: changeEvents((event) => {
      event.code = event.code.replace('VideocallCompleted', 'VideoCallCompleted');
    }),
  },
  {
    what: 'an error event is of type info',
    by: 'guide-frontend',
    answer: changeEvents((event) => {
      event.type = 'info';
    }),
  },
  {
    what: 'an event has no message',
    by: 'guide-frontend',
    answer: changeEvents((event) => {
      delete event.message;
    }),
  },
  {
    what: 'the page has no state',
    by: 'guide-frontend',
    answer: replaceInPage(/ data-state="[^"]*"/, ''),
  },
  {
    what: 'the waiting room is skipped',
    by: 'guide-frontend',
    answer: replaceInPage(/data-state="waiting-room"/, 'data-state="in-call"'),
  },
  {
    what: 'the frame cannot be embedded',
    by: 'guide-frontend',
    answer: changeAnswers(isCall, ({ headers }) => {
      headers['content-security-policy'] = "frame-ancestors 'self'";
    }),
  },
  { what: 'a token outlives its hour', by: 'simulator-errors', answer: admitRefused('token has expired') },
  { what: 'a token outlives its call', by: 'simulator-errors', answer: admitRefused('used up') },
  {
    what: 'a token dies a minute too early',
    by: 'simulator-errors',
    request(passing) {
      if (passing.url === '/__admin/provider-states')
        passing.body = passing.body.replace('"age_seconds":3599', '"age_seconds":3659');
      return undefined;
    },
  },
  {
    what: 'a 401 has no challenge',
    by: 'simulator-errors',
    answer: changeAnswers(
      ({ url }) => url.startsWith('/o/'),
      ({ headers }) => {
        delete headers['www-authenticate'];
      },
    ),
  },
  {
    what: 'a wrong secret is accepted',
    by: 'simulator-errors',
    request(passing) {
      passing.body = passing.body.replace('WRONG_SECRET', 'CLIENT_SECRET');
      return undefined;
    },
  },
  {
    what: 'every address is allowed',
    by: 'simulator-errors',
    answer: changeAnswers(
      ({ url }) => url.startsWith('/o/'),
      (returning) => {
        if (returning.status === 403) returning.status = 200;
      },
    ),
  },
  {
    what: 'an outage has no Retry-After',
    by: 'simulator-errors',
    answer: changeAnswers(isToken, ({ headers }) => {
      delete headers['retry-after'];
    }),
  },
  {
    what: 'an OAuth error has another name',
    by: 'simulator-errors',
    answer: changeAnswers(isToken, (returning) => {
      returning.body = returning.body.replace('unsupported_grant_type', 'invalid_grant');
    }),
  },
  {
    what: 'an unknown validation is shown a waiting room',
    by: 'simulator-errors',
    answer: replaceInPage(/data-state="error"/, 'data-state="waiting-room"'),
  },
  {
    what: 'an outage is answered with 500',
    by: 'simulator-errors',
    answer: changeAnswers(isToken, (returning) => {
      if (returning.status === 503) returning.status = 500;
    }),
  },
  {
    what: 'a 405 has no Allow header',
    by: 'simulator-errors',
    answer: changeAnswers(isRevoke, ({ headers }) => {
      delete headers.allow;
    }),
  },
  {
    what: 'a revocation without a token is accepted',
    by: 'simulator-errors',
    answer: changeAnswers(isRevoke, (returning) => {
      if (returning.status === 400) Object.assign(returning, { status: 200, body: '' });
    }),
  },
  {
    what: 'a refusal has the content type text/plain',
    by: 'simulator-errors',
    answer: changeAnswers(isToken, (returning) => {
      if (returning.status === 400) returning.headers['content-type'] = 'text/plain';
    }),
  },
  {
    what: 'the frame has the content type of a download',
    by: 'guide-frontend',
    answer: changeAnswers(isCall, ({ headers }) => {
      headers['content-type'] = 'application/octet-stream';
    }),
  },
];
