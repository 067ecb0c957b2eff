import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';
import { startSabotageProxy } from '../support/sabotage.ts';
import { useTerminal } from '../support/terminal.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd } = useWorkingDirectory();
const run = useTerminal(cwd);

const GOOD = path.join(import.meta.dirname, '../fixtures/pacts/good');

async function verify(args: readonly string[]) {
  const { exited, output, errors } = run(['verify', ...args]);
  const code = await exited;
  return { code, out: output(), err: errors(), all: output() + errors() };
}

const CREDENTIALS = { client_id: 'CLIENT_ID', client_secret: 'CLIENT_SECRET' };
const FORM = 'application/x-www-form-urlencoded';
const BODY = `grant_type=client_credentials&${new URLSearchParams(CREDENTIALS)}`;
const TOKEN_REQUEST = {
  method: 'POST',
  path: '/o/token/',
  headers: { 'Content-Type': [FORM] },
  body: { content: BODY, contentType: FORM, encoded: false },
};

interface Part {
  readonly request?: object;
  readonly response?: object;
  readonly states?: readonly object[];
}

/** Writes a pact with one interaction for each of `parts`. */
function writePact(name: string, ...parts: readonly Part[]): string {
  const interactions = parts.map(({ request = TOKEN_REQUEST, response = {}, states }, index) => ({
    type: 'Synchronous/HTTP',
    description: `number ${index}`,
    providerStates: states ?? [{ name: 'the client credentials exist' }],
    request,
    response: { status: 200, ...response },
  }));
  const metadata = { pactSpecification: { version: '4.0' } };
  const parties = { consumer: { name: 'shop' }, provider: { name: 'videocall-manager' } };
  writeFileSync(path.join(cwd(), name), JSON.stringify({ ...parties, interactions, metadata }));
  return name;
}

const json = (content: unknown) => ({ body: { content, contentType: 'application/json', encoded: false } });
const ruled = (content: unknown, rules: object) => ({
  ...json(content),
  matchingRules: { body: rules },
});

/** Answers that differ from every token in a way that makes the verifier print what came. */
const COMPARED_BY_VALUE: readonly object[] = [
  json({ access_token: 'expected' }),
  json({ access_token: 5 }),
  json({ access_token: ['expected'] }),
  json([{ access_token: 'expected' }]),
  json('a text'),
  { body: { content: 'a text', contentType: 'text/plain', encoded: false } },
  { body: { content: '', contentType: 'application/json', encoded: false } },
  ruled({ access_token: 'a' }, { '$.access_token': { matchers: [{ match: 'regex', regex: 'a' }] } }),
  ruled({ access_token: 'a' }, { '$.access_token': { matchers: [{ match: 'include', value: 'no' }] } }),
  ruled({ any: 1 }, { $: { matchers: [{ match: 'values' }] } }),
  ruled({ any: 1 }, { $: { matchers: [{ match: 'eachValue', rules: [{ match: 'integer' }] }] } }),
  ruled({ access_token: 1 }, { $: { matchers: [{ match: 'type', max: 1 }] } }),
];

/** Starts a simulator behind a proxy that hides its control API, if asked to, and remembers its tokens. */
async function openService(isHidden: boolean) {
  const drive = await openDrive({ scenario: 'manual' });
  await drive.createClient(CREDENTIALS);
  const proxy = await startSabotageProxy(drive.mock.url);
  const tokens: string[] = [];
  proxy.plant({
    request: ({ url }) =>
      isHidden && url.startsWith('/__admin') ? { status: 404, headers: {}, body: '' } : undefined,
    answer: ({ body }) => {
      const [, token] = /"access_token": ?"([^"]+)"/.exec(body) ?? [];
      if (token !== undefined) tokens.push(token);
    },
  });
  const close = async () => {
    proxy.close();
    await drive.mock.close();
  };
  return { url: proxy.url, tokens, drive, close };
}

describe.skipIf(verifierProblem)(`verify --target${skipReason}`, () => {
  it.each([
    ['a simulator', false],
    ['the real service', true],
  ])('shows and writes no secret that %s has answered', async (_, isHidden) => {
    const service = await openService(isHidden);
    const pact = writePact('secrets.json', ...COMPARED_BY_VALUE.map((response) => ({ response })));
    const account = ['--client-id', CREDENTIALS.client_id, '--client-secret', CREDENTIALS.client_secret];
    const files = ['--json', 'r.json', '--junit', 'r.xml'];
    const { code, all } = await verify([pact, '--target', service.url, ...account, ...files]);
    await service.close();
    expect(code).toBe(1);
    const written = files
      .filter((name) => !name.startsWith('--'))
      .map((name) => readFileSync(path.join(cwd(), name), 'utf8'));
    expect(service.tokens.length).toBeGreaterThanOrEqual(COMPARED_BY_VALUE.length);
    for (const secret of [...service.tokens, CREDENTIALS.client_secret])
      for (const text of [all, ...written]) expect(text).not.toContain(secret);
    expect(all).toContain("Expected '***'");
  });

  it('uses CLIENT_ID for a state without parameters, also with a simulator that has other clients', async () => {
    const drive = await openDrive();
    const pact = writePact('baseline.json', {}, { states: [] });
    const { code } = await verify([pact, '--target', drive.mock.url]);
    expect(code).toBe(0);
    expect((await drive.admin('GET', '/clients/CLIENT_ID')).status).toBe(404);
    expect((await drive.admin('GET', '/clients/sandbox-client')).status).toBe(200);
    await drive.mock.close();
  });

  it('refuses the second of two verifications at once, and lets it run after the first', async () => {
    const drive = await openDrive();
    const slow = { name: 'the authentication API is unavailable', params: { delay_ms: 60_000 } };
    const first = writePact('slow.json', { states: [slow] });
    const { child, errors, exited } = run(['verify', first, '--target', drive.mock.url, '--timeout', '2m']);
    await expect.poll(() => hasFault(drive)).toBe(true);
    const second = writePact('second.json', {});
    const { code, err } = await verify([second, '--target', drive.mock.url]);
    expect([code, err]).toEqual([3, expect.stringContaining('another verification is running')]);
    child.kill('SIGTERM');
    expect([await exited, errors()]).toEqual([3, expect.stringContaining('stopped')]);
    expect((await verify([second, '--target', drive.mock.url])).code).toBe(0);
    await drive.mock.close();
  });

  it('exits with 3 when the target becomes unavailable', async () => {
    const drive = await openDrive();
    const proxy = await startSabotageProxy(drive.mock.url);
    proxy.plant({
      request: ({ url }) => {
        if (url === '/o/token/') proxy.close();
        return undefined;
      },
    });
    const pact = writePact('gone.json', {}, {});
    const { code, err } = await verify([pact, '--target', proxy.url]);
    expect([code, err]).toEqual([3, expect.stringContaining('can no longer be reached')]);
    await drive.mock.close();
  });
});

const hasFault = async ({ admin }: Drive): Promise<boolean> => {
  const { json: found } = await admin('GET', '/faults?client_id=CLIENT_ID');
  return (found?.items ?? []).length > 0;
};

describe.skipIf(verifierProblem)(`the messages of verify${skipReason}`, () => {
  it('says that a regex must match the whole value', async () => {
    const rules = { '$.scope': { matchers: [{ match: 'regex', regex: 'write' }] } };
    const { code, out } = await verify([
      writePact('regex.json', { response: ruled({ scope: 'write' }, rules) }),
    ]);
    expect([code, out]).toEqual([1, expect.stringContaining('this verifier matches whole values')]);
  });

  it.each([
    ['/o/token', '/o/token/'],
    ['/o/revoke_token', '/o/revoke_token/'],
  ])('says that %s lacks its slash', async (asked, meant) => {
    const request = { ...TOKEN_REQUEST, path: asked };
    const { code, out } = await verify([writePact('slash.json', { request })]);
    expect([code, out]).toEqual([1, expect.stringContaining(`the path is ${meant}`)]);
  });

  it('names the required parameters of states, and shows values where they are used', async () => {
    const { out } = await verify(['--list-states']);
    expect(out).toContain('code (required)');
    expect(out).toContain(['Authorization: Basic $', '{basicAuth}'].join(''));
  });

  it('returns the content type of an event in every spelling', async () => {
    const event = JSON.parse(readFileSync(path.join(GOOD, 'v3-messages.json'), 'utf8'));
    const spellings = ['contentType', 'content-type', 'Content-Type', 'content_type', 'CONTENT-TYPE'];
    event.messages = spellings.map((name) => ({
      ...event.messages[0],
      description: name,
      metaData: { [name]: 'application/json' },
    }));
    writeFileSync(path.join(cwd(), 'events.json'), JSON.stringify(event));
    const { code, out } = await verify(['events.json']);
    expect([code, out]).toEqual([0, expect.stringContaining('5 passed')]);
  });

  it('compares the rest with --static when a multipart part has a filename', async () => {
    const part = '--b\r\nContent-Disposition: form-data; name="f"; filename="f.txt"\r\n\r\nx\r\n--b--\r\n';
    const contentType = 'multipart/form-data; boundary=b';
    const content = Buffer.from(part).toString('base64');
    const request = {
      ...TOKEN_REQUEST,
      headers: { 'Content-Type': [contentType] },
      body: { content, contentType, encoded: 'base64' },
    };
    const pact = writePact('file.json', {}, { request }, {});
    const { code, out } = await verify([pact, path.join(GOOD, 'v3.json'), '--static']);
    expect([code, out]).toEqual([1, expect.stringContaining('5 interactions: 4 passed, 1 failed')]);
    expect(out).toContain('cannot be compared without a server');
  });
});
