/** A minimal server that issues tokens, with Fastify. */
import { randomBytes } from 'node:crypto';
import { parse } from 'node:querystring';
import Fastify from 'fastify';

const tokens = new Map();
const app = Fastify();
app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
  done(null, parse(body)),
);
app.post('/o/token/', (request, reply) => {
  const token = randomBytes(15).toString('hex');
  tokens.set(token, request.body.client_id);
  reply
    .type('application/json')
    .send(
      `{"access_token": "${token}", "expires_in": 3600, "token_type": "Bearer", "scope": "read write groups"}`,
    );
});
console.log(`listening on ${await app.listen({ port: 0, host: '127.0.0.1' })}`);
