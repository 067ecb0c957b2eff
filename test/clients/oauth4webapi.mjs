import * as oauth from 'oauth4webapi';

const { VIDEOCALL_URL, CLIENT_ID, CLIENT_SECRET, CLIENT_AUTH, PARAMETERS } = process.env;

const authentication = {
  client_secret_basic: oauth.ClientSecretBasic(CLIENT_SECRET),
  client_secret_post: oauth.ClientSecretPost(CLIENT_SECRET),
}[CLIENT_AUTH];

// Nothing at the service says where its endpoints are, so there is nothing to discover.
const server = {
  issuer: VIDEOCALL_URL,
  token_endpoint: `${VIDEOCALL_URL}/o/token/`,
  revocation_endpoint: `${VIDEOCALL_URL}/o/revoke_token/`,
};
const client = { client_id: CLIENT_ID };
const http = { [oauth.allowInsecureRequests]: true };

async function getToken() {
  const parameters = new URLSearchParams(PARAMETERS);
  const answer = await oauth.clientCredentialsGrantRequest(server, client, authentication, parameters, http);
  const { access_token } = await oauth.processClientCredentialsResponse(server, client, answer);
  return { token: access_token };
}

async function revoke(token) {
  const answer = await oauth.revocationRequest(server, client, authentication, token, http);
  await oauth.processRevocationResponse(answer);
  return { revoked: true };
}

const [token] = process.argv.slice(2);
try {
  console.log(JSON.stringify(await (token ? revoke(token) : getToken())));
} catch (error) {
  if (!(error instanceof oauth.ResponseBodyError)) throw error;
  console.log(JSON.stringify({ error: error.error, status: error.status, raised: error.name }));
}
