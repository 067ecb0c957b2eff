/** A minimal server that issues tokens, with `node:http` only. */
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { parse } from 'node:querystring';

const tokens = new Map();

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    const form = parse(body);
    const token = randomBytes(15).toString('hex');
    tokens.set(token, form.client_id);
    response.setHeader('content-type', 'application/json');
    response.end(
      `{"access_token": "${token}", "expires_in": 3600, "token_type": "Bearer", "scope": "read write groups"}`,
    );
  });
});
server.listen(0, '127.0.0.1', () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
