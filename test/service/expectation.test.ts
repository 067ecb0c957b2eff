import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';
import { useHome } from '../support/home.ts';
import { exchange } from '../support/raw-http.ts';
import { explainMissingTool, findTool } from '../support/tools.ts';

useHome();

let d: Drive;
let ca: string;
beforeAll(async () => {
  d = await openDrive({ https: true });
  ca = d.mock.https?.ca ?? '';
});
afterAll(() => d.mock.close());

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
const BODY = new URLSearchParams({ grant_type: 'client_credentials', ...SANDBOX }).toString();
const SECRET = ['apikey', SANDBOX.client_secret] as const;

/** An endpoint that reads a body, and its status when it has read it. */
interface Target {
  readonly path: string;
  readonly header: readonly [string, string];
  readonly body: string;
  readonly status: number;
}
const TARGETS: readonly Target[] = [
  { path: '/o/token/', header: FORM, body: BODY, status: 200 },
  { path: '/o/revoke_token/', header: FORM, body: `${BODY}&token=x`, status: 200 },
  { path: '/validas/v1/validation', header: SECRET, body: '{}', status: 201 },
  {
    path: '/__admin/clock/advance',
    header: ['Content-Type', 'application/json'],
    body: '{"by":"1s"}',
    status: 200,
  },
];

/** Returns the statuses that were received, the last one of the final answer. */
async function sendOverHttp1({ path, header, body }: Target, expectation: string, version = '1.1') {
  const head = [
    `POST ${path} HTTP/${version}`,
    'Host: localhost',
    'Connection: close',
    header.join(': '),
    `Expect: ${expectation}`,
    `Content-Length: ${body.length}`,
  ];
  const received = await exchange(d.mock.url, `${head.join('\r\n')}\r\n\r\n${body}`);
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => status);
}

/** Sends the body when the server asks for it, or has answered without it. */
async function sendOverHttp2({ path, header, body }: Target, expectation: string) {
  const session = connect(`https://localhost:${new URL(d.mock.url).port}`, { ca: readFileSync(ca) });
  const headers: OutgoingHttpHeaders = { ':method': 'POST', ':path': path, [header[0]]: header[1] };
  const stream = session.request({ ...headers, expect: expectation });
  const seen: string[] = [];
  stream.on('continue', () => {
    seen.push('100');
    stream.end(body);
  });
  const answer = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
    stream.on('response', resolve);
    stream.on('error', reject);
  });
  stream.on('error', () => {});
  session.destroy();
  return [...seen, String(answer[':status'])];
}

const [TOKEN] = TARGETS as [Target];

describe('Expect', () => {
  it.each(TARGETS)('asks for the body of $path in any spelling of 100-continue', async (target) => {
    for (const expectation of ['100-continue', '100-Continue', '100-CONTINUE', '100-continue,']) {
      const statuses = ['100', String(target.status)];
      expect(await sendOverHttp1(target, expectation)).toEqual(statuses);
      expect(await sendOverHttp2(target, expectation)).toEqual(statuses);
    }
  });

  it.each(TARGETS)('answers 417 to any other expectation at $path', async (target) => {
    for (const expectation of ['200-maybe', '100-continue, more', '100-continue=1', '100 continue']) {
      expect(await sendOverHttp1(target, expectation)).toEqual(['417']);
      expect(await sendOverHttp2(target, expectation)).toEqual(['417']);
    }
  });

  it('records an unknown expectation in the journal, over HTTP/1.1 and HTTP/2', async () => {
    await sendOverHttp1(TOKEN, 'over-1');
    await sendOverHttp2(TOKEN, 'over-2');
    const { items } = (await d.admin('GET', '/requests?status=417')).json;
    for (const version of ['over-1', 'over-2']) {
      expect(items).toContainEqual(
        expect.objectContaining({
          path: '/o/token/',
          headers: expect.objectContaining({ expect: version }),
          reason: `Expect: "${version}" is unknown; leave it out, or send 100-continue`,
        }),
      );
    }
  });

  it('ignores Expect in HTTP/1.0, which has no such header', async () => {
    expect(await sendOverHttp1(TOKEN, '200-maybe', '1.0')).toEqual(['200']);
  });

  const why = explainMissingTool('java');
  it.skipIf(why).each(['HTTP_2', 'HTTP_1_1'])(
    `gives a token to Java over %s with expectContinue(true)${why ? ` (skipped: ${why})` : ''}`,
    async (version) => {
      const source = path.join(import.meta.dirname, '../clients/ExpectContinue.java');
      const { stdout } = await promisify(execFile)(
        path.join(path.dirname(findTool('java') ?? ''), 'java'),
        [source, `https://localhost:${new URL(d.mock.url).port}`, version],
        { env: { CA_FILE: ca, CLIENT_ID: SANDBOX.client_id, CLIENT_SECRET: SANDBOX.client_secret } },
      );
      expect(stdout).toMatch(new RegExp(`^${version} 200 \\{"access_token": "\\w{30}"`));
    },
  );
});
