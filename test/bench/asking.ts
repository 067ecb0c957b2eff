import { connect } from 'node:net';

const READ_TIMEOUT_MS = 30_000;

/** How a token request sends its parameters and credentials. */
export type Asking = 'urlencoded' | 'multipart' | 'Basic';

const FIELDS = [
  ['grant_type', 'client_credentials'],
  ['client_id', 'sandbox-client'],
  ['client_secret', 'sandbox-secret'],
] as const;
const BOUNDARY = '------------------------4d26118ca58ae092';

const urlencoded = (fields: readonly (readonly [string, string])[]) => ({
  type: 'application/x-www-form-urlencoded',
  body: fields.map((pair) => pair.join('=')).join('&'),
});
const multipart = () => ({
  type: `multipart/form-data; boundary=${BOUNDARY}`,
  body: `${FIELDS.map(
    ([name, value]) => `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  ).join('')}--${BOUNDARY}--\r\n`,
});

function requestFor(asking: Asking): string {
  const { type, body } =
    asking === 'multipart' ? multipart() : urlencoded(asking === 'Basic' ? FIELDS.slice(0, 1) : FIELDS);
  return [
    'POST /o/token/ HTTP/1.1',
    'Host: 127.0.0.1',
    ...(asking === 'Basic' ? [`Authorization: Basic ${btoa('sandbox-client:sandbox-secret')}`] : []),
    `Content-Type: ${type}`,
    `Content-Length: ${body.length}`,
    '',
    body,
  ].join('\r\n');
}

/**
 * Gets `many` tokens over one connection, `atOnce` at a time. It does not parse the responses, only counts bytes by the
 * length of the first response: the client must be cheaper than the server, or the server would be idle.
 */
function getOver(url: string, request: string, many: number, atOnce: number): Promise<void> {
  const { hostname, port } = new URL(url);
  const requests = Buffer.from(request.repeat(atOnce));
  return new Promise((resolve, reject) => {
    let asked = 0;
    let received = 0;
    let length = 0;
    const socket = connect(Number(port), hostname);
    const ask = (some: number) => {
      asked += some;
      socket.write(requests.subarray(0, some * request.length));
    };
    socket.setNoDelay().on('connect', () => ask(1));
    socket.setTimeout(READ_TIMEOUT_MS, () => reject(new Error('no more answers arrived')));
    socket.on('error', reject).on('data', (bytes) => {
      if (length === 0) {
        if (!bytes.includes('"access_token"')) reject(new Error(`no token: ${bytes}`));
        length = bytes.length;
      }
      received += bytes.length;
      if (received > asked * length) reject(new Error('answers are not of one length'));
      if (received >= many * length) socket.end(resolve);
      else if (received === asked * length) ask(Math.min(atOnce, many - asked));
    });
  });
}

/** Gets `many` tokens from a server over several connections. */
export async function getTokens(
  url: string,
  many: number,
  { asking = 'urlencoded' as Asking, connections = 16, atOnce = 1 } = {},
): Promise<void> {
  const request = requestFor(asking);
  const each = Math.ceil(many / connections);
  // Never sleep: waking a sleeping client with each response costs the server processor time.
  let isRunning = true;
  const spin = () => void (isRunning && setImmediate(spin));
  spin();
  await Promise.all(Array.from({ length: connections }, () => getOver(url, request, each, atOnce)));
  isRunning = false;
}
