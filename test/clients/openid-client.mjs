import * as client from 'openid-client';

const { VIDEOCALL_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_AUTH, PARAMETERS } = process.env;

const authentication = {
  client_secret_basic: client.ClientSecretBasic(CLIENT_SECRET),
  client_secret_post: client.ClientSecretPost(CLIENT_SECRET),
}[CLIENT_AUTH];

// Nothing at the service says where its endpoints are, so there is nothing to discover.
const server = {
  issuer: VIDEOCALL_URL,
  token_endpoint: `${VIDEOCALL_URL}/o/token/`,
  revocation_endpoint: `${VIDEOCALL_URL}/o/revoke_token/`,
};
const config = new client.Configuration(server, CLIENT_ID, undefined, authentication);
client.allowInsecureRequests(config);

async function getToken() {
  const { access_token } = await client.clientCredentialsGrant(config, new URLSearchParams(PARAMETERS));
  return { token: access_token };
}

async function revoke(token) {
  await client.tokenRevocation(config, token);
  return { revoked: true };
}

const [token] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await (token ? revoke(token) : getToken())));
} catch (error) {
  if (!(error instanceof client.ResponseBodyError)) throw error;
  console.log(JSON.stringify({ error: error.error, status: error.status, raised: error.name }));
}
