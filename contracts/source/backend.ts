import { PATHS, SCOPES, TOKEN_LIFETIME_SECONDS, TOKEN_TYPE } from '../../src/guide/oauth.ts';
import { basic, CLIENT, CREDENTIALS, ENCODINGS, type Encoding, GRANT, post } from './oauth.ts';
import { type Exchange, exchange, json, pact, type Response, regex, text } from './pact.ts';

/** What the guide promises to a backend: its eight examples of guide 5.2. */

const ACCESS_TOKEN = 'ACCESS_TOKEN_TO_REVOKE';

const TOKEN: Response = {
  status: 200,
  headers: { 'Content-Type': 'application/json' },
  body: json({
    access_token: 'ExcCCWbmlPOJZWl2zeGBBjk3ru5aTf',
    expires_in: TOKEN_LIFETIME_SECONDS,
    token_type: TOKEN_TYPE,
    scope: SCOPES.join(' '),
  }),
  rules: {
    header: { 'Content-Type': regex('^application/json(;.*)?$') },
    body: { '$.access_token': regex('^[\\x21-\\x7E]{8,}$') },
  },
};

const REVOKED: Response = { status: 200, body: text('') };

const IN = {
  body: { words: 'in the body', fields: CLIENT, headers: {} },
  basic: { words: 'as Basic', fields: {}, headers: basic(CLIENT) },
};
type Place = keyof typeof IN;

function token(encoding: Encoding, place: Place): Exchange {
  const { words, fields, headers } = IN[place];
  return {
    key: `auth.token.${encoding}.${place}`,
    description: `a request for a token (${encoding}, credentials ${words})`,
    text: 'Guide 5.2: the client credentials are exchanged for an access token of one hour',
    states: CREDENTIALS,
    request: post(PATHS.token, { ...fields, ...GRANT }, encoding, headers),
    response: TOKEN,
  };
}

/** Values of a state are put into forms, but not into multipart bodies: there the token is given by name. */
function revocation(encoding: Encoding, place: Place): Exchange {
  const { words, fields, headers } = IN[place];
  const isForm = encoding === 'form';
  const request = post(PATHS.revoke, { ...fields, token: ACCESS_TOKEN }, encoding, headers);
  return {
    key: `auth.revoke.${encoding}.${place}`,
    description: `a request to revoke a token (${encoding}, credentials ${words})`,
    text: 'Guide 5.2: a token can be revoked by hand; the answer holds no data',
    states: {
      ...CREDENTIALS,
      'an access token exists': { then: 'revoked', ...(!isForm && { access_token: ACCESS_TOKEN }) },
    },
    request: isForm ? { ...request, fromState: { body: { '$.token': 'accessToken' } } } : request,
    response: REVOKED,
  };
}

export function backend() {
  const kinds = [token, revocation];
  const encodings = Object.keys(ENCODINGS) as Encoding[];
  const places = Object.keys(IN) as Place[];
  return pact(
    'guide-backend',
    kinds.flatMap((kind) =>
      encodings.flatMap((encoding) => places.map((place) => exchange(kind(encoding, place)))),
    ),
  );
}
