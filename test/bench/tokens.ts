/**
 * What tokens cost: memory for each while it lives, and what is left when all have expired.
 * `tsx test/bench/tokens.ts [TOKENS] [FLAG…]`; flags go to the simulator.
 */
import { connect } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { simulator } from './served.ts';

const FORM = 'grant_type=client_credentials&client_id=sandbox-client&client_secret=sandbox-secret';
const REQUEST = [
  'POST /o/token/ HTTP/1.1',
  'Host: 127.0.0.1',
  'Content-Type: application/x-www-form-urlencoded',
  `Content-Length: ${FORM.length}`,
  '',
  FORM,
].join('\r\n');
const CONNECTIONS = 8;
const AT_ONCE = 50;
/** In virtual time, all tokens together. */
const STEPS = 60;

const [count = '1000000', ...flags] = process.argv.slice(2);
const tokens = Number(count);
const served = await simulator(...flags);

/** Gets so many tokens over one connection. */
function get(many: number): Promise<void> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    let asked = 0;
    let answered = 0;
    const socket = connect(Number(port), hostname);
    const ask = () => {
      const some = Math.min(AT_ONCE, many - asked);
      asked += some;
      socket.write(REQUEST.repeat(some));
    };
    socket.on('connect', ask).on('error', reject);
    socket.setEncoding('latin1').on('data', (text: string) => {
      answered += text.split('"access_token"').length - 1;
      if (answered >= many) socket.end(resolve);
      else if (answered === asked) ask();
    });
  });
}

const admin = async (path: string, body?: object) =>
  fetch(`${served.url}/__admin${path}`, {
    ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
  }).then((answer) => answer.text());
const heap = async (): Promise<number> =>
  Number(/^nodejs_heap_size_used_bytes (\S+)/m.exec(await admin('/metrics'))?.[1]);

/** The least of what is used within some seconds: memory is given back when there is nothing else to do. */
async function settled(): Promise<{ resident: number; used: number }> {
  let [resident, used] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let i = 0; i < 20; i += 1) {
    await pause(500);
    resident = Math.min(resident, served.memory());
    used = Math.min(used, await heap());
  }
  return { resident, used };
}
const megabytes = ({ resident, used }: { resident: number; used: number }) =>
  `${(resident / 1e6).toFixed(1)} MB resident, ${(used / 1e6).toFixed(1)} MB of heap in use`;

await get(2_000);
await admin('/clock/advance', { by: '2h' });
const before = await settled();
console.log(`at the start:   ${megabytes(before)}`);
const begun = performance.now();
for (let step = 0; step < STEPS; step += 1) {
  await Promise.all(Array.from({ length: CONNECTIONS }, () => get(Math.ceil(tokens / STEPS / CONNECTIONS))));
  await admin('/clock/advance', { by: '59s' });
}
const rate = tokens / ((performance.now() - begun) / 1000);
const full = await settled();
console.log(
  `${tokens} live:   ${megabytes(full)}, ${Math.round((full.resident - before.resident) / tokens)} bytes each, ${Math.round(rate)} a second`,
);
await admin('/clock/advance', { by: '2h' });
const after = await settled();
console.log(
  `all expired:    ${megabytes(after)}, ${(after.resident / before.resident).toFixed(2)} times the start`,
);
await served.stop();
