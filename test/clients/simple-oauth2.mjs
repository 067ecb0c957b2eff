import { ClientCredentials } from 'simple-oauth2';

const { VIDEOCALL_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_AUTH, PARAMETERS } = process.env;

const client = new ClientCredentials({
  client: { id: CLIENT_ID, secret: CLIENT_SECRET },
  auth: { tokenHost: VIDEOCALL_URL, tokenPath: '/o/token/', revokePath: '/o/revoke_token/' },
  options: {
    authorizationMethod: { client_secret_basic: 'header', client_secret_post: 'body' }[CLIENT_AUTH],
  },
});

async function getToken() {
  const { token } = await client.getToken(Object.fromEntries(new URLSearchParams(PARAMETERS)));
  return { token: token.access_token };
}

async function revoke(access_token) {
  // The service answers a revocation with an empty page. Without this option, the library takes nothing but JSON, and
  // raises a 406 of its own when the token is revoked already.
  await client.createToken({ access_token }).revoke('access_token', { json: true });
  return { revoked: true };
}

const [token] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await (token ? revoke(token) : getToken())));
} catch (error) {
  if (!error.isBoom) throw error;
  const { data, output } = error;
  console.log(JSON.stringify({ error: data.payload.error, status: output.statusCode, raised: 'Boom' }));
}
