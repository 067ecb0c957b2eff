import { PATHS, SCOPES, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../../src/guide/oauth.ts';
import {
  CLIENT,
  CREDENTIALS,
  createBasicHeader,
  createPost,
  ENCODINGS,
  type Encoding,
  GRANT,
} from './oauth.ts';
import {
  createPact,
  type Exchange,
  matchRegex,
  type Response,
  text,
  toExchange,
  toJsonBody,
} from './pact.ts';

/** What the guide promises to a backend: its eight examples of guide 5.2. */

const ACCESS_TOKEN = 'ACCESS_TOKEN_TO_REVOKE';

const TOKEN: Response = {
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: toJsonBody({
    access_token: 'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf',
    expires_in: TOKEN_LIFETIME_SECONDS,
    token_type: TOKEN_TYPE,
    scope: SCOPES.join(' '),
  }),
  rules: {
    header: { 'Content-Type': matchRegex('^application/json(;.*)?$') },
    body: { '$.access_token': matchRegex('^[\\x21-\\x7E]{8,}$') },
  },
};

const REVOKED: Response = { status: 200, body: text('') };

const PLACES = {
  body: { words: 'in the body', fields: CLIENT, headers: {} },
  basic: { words: 'as Basic', fields: {}, headers: createBasicHeader(CLIENT) },
};
type Place = keyof typeof PLACES;

function createTokenExchange(encoding: Encoding, place: Place): Exchange {
  const { words, fields, headers } = PLACES[place];
  return {
    key: `auth.token.${encoding}.${place}`,
    description: `a request for a token (${encoding}, credentials ${words})`,
    text: 'Guide 5.2: the client credentials are exchanged for an access token that is valid for one hour',
    states: CREDENTIALS,
    request: createPost(PATHS.token, { ...fields, ...GRANT }, encoding, headers),
    response: TOKEN,
  };
}

/** Values of a state are put into forms, but not into multipart bodies: there the token is given by name. */
function createRevocationExchange(encoding: Encoding, place: Place): Exchange {
  const { words, fields, headers } = PLACES[place];
  const isForm = encoding === 'form';
  const request = createPost(PATHS.revoke, { ...fields, token: ACCESS_TOKEN }, encoding, headers);
  return {
    key: `auth.revoke.${encoding}.${place}`,
    description: `a request to revoke a token (${encoding}, credentials ${words})`,
    text: 'Guide 5.2: a token can be revoked; the response has no data',
    states: {
      ...CREDENTIALS,
      'an access token exists': { then: 'revoked', ...(!isForm && { access_token: ACCESS_TOKEN }) },
    },
    request: isForm ? { ...request, fromState: { body: { '$.token': 'accessToken' } } } : request,
    response: REVOKED,
  };
}

export function createBackendPact() {
  const kinds = [createTokenExchange, createRevocationExchange];
  const encodings = Object.keys(ENCODINGS) as Encoding[];
  const places = Object.keys(PLACES) as Place[];
  return createPact(
    'guide-backend',
    kinds.flatMap((kind) =>
      encodings.flatMap((encoding) => places.map((place) => toExchange(kind(encoding, place)))),
    ),
  );
}
