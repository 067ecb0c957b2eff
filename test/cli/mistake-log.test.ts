import { describe, expect, it } from 'vitest';
import { driveAt } from '../support/drive.ts';
import { sendRaw } from '../support/raw-http.ts';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd } = useWorkingDirectory();
const run = useTerminal(cwd);

const linesOf = (text: string) => text.split('\n').slice(0, -1);

/** Starts a simulator, lets `use` send requests, and returns the lines of its log. */
async function logOf(
  use: (d: ReturnType<typeof driveAt>, url: string) => Promise<unknown>,
  ...flags: string[]
): Promise<string[]> {
  const { child, exited, ready, errors } = run(['--port', '0', ...flags]);
  const url = await ready;
  await use(driveAt({ url, adminUrl: `${url}/__admin` }), url);
  child.kill('SIGTERM');
  expect(await exited).toBe(0);
  return linesOf(errors());
}

const json = (url: string) =>
  fetch(url, {
    method: 'POST',
    body: '{"grant_type":"client_credentials"}',
    headers: { 'content-type': 'application/json' },
    redirect: 'manual',
  });

async function repeat(times: number, send: (index: number) => Promise<Response>): Promise<void> {
  for (let index = 0; index < times; index += 50)
    await Promise.all(Array.from({ length: 50 }, async (_, at) => (await send(index + at)).arrayBuffer()));
}

describe('log of mistakes', () => {
  it('says what is wrong with JSON sent to /o/token, how to fix it, and where the console is', async () => {
    let console = '';
    const lines = await logOf((_, url) => {
      console = `${url}/__console`;
      return json(`${url}/o/token`);
    });
    expect(lines).toEqual([
      expect.stringMatching(
        /^mock-veridas: warn: .*trailing slash.*POST \/o\/token.*How to fix: .*\/o\/token\/.*application\/json.*How to fix: .*x-www-form-urlencoded/,
      ),
    ]);
    expect(lines[0]).toContain(`See ${console}`);
  });

  it('says how to fix a JSON body once, although it is a finding too', async () => {
    const lines = await logOf((_, url) => json(`${url}/o/token/`));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.match(/How to fix/g)).toHaveLength(1);
  });

  it('prints fewer than 20 lines for 10,000 equal requests', async () => {
    const lines = await logOf((_, url) => repeat(10_000, () => json(`${url}/o/token`)));
    expect(lines).toHaveLength(1);
  });

  it('limits the lines for 10,000 different requests, and says that the journal has more', async () => {
    const lines = await logOf(async (d, url) => {
      const clients = await Promise.all(Array.from({ length: 50 }, () => d.createClient()));
      await repeat(10_000, (index) =>
        index % 2 === 0
          ? fetch(`${url}/wrong/${index}`)
          : d.requestToken({ client_id: clients[index % 50]?.client_id ?? '', client_secret: `${index}` }),
      );
    });
    expect(lines.length).toBeLessThan(30);
    expect(lines.filter((line) => /there are more mistakes; the journal has all/.test(line))).toHaveLength(1);
  });

  it.each([
    ['a wrong client', { client_id: 'x' }, /no client with this client_id/],
    ['a wrong secret', { client_secret: 'x' }, /wrong client_secret for client "sandbox-client"/],
    ['a missing grant', { grant_type: '' }, /grant_type must be client_credentials/],
  ])('names %s without the secret', async (_, fields, reason) => {
    const secret = 'never-print-this';
    const [line = '', ...more] = await logOf((d) => d.requestToken({ client_secret: secret, ...fields }));
    expect(more).toEqual([]);
    expect(line).toMatch(reason);
    expect(line).toContain('How to fix: ');
    expect(line).not.toContain(secret);
  });

  it('names a dead token, a GET and a wrong path once each', async () => {
    const lines = await logOf(
      async (d, url) => {
        const [expired, revoked, used] = [await d.token(), await d.token(), await d.token()];
        await fetch(`${url}/o/revoke_token/`, {
          method: 'POST',
          body: new URLSearchParams({
            client_id: 'sandbox-client',
            client_secret: 'sandbox-secret',
            token: revoked,
          }),
        });
        await d.admin('POST', `/tokens/${expired}/expire`);
        const open = (token: string) => fetch(`${url}/call?access_token=${token}&validation_id=val-1`);
        await open(used);
        await d.admin('POST', '/calls/val-1/agent', { action: 'join' });
        await d.admin('POST', '/calls/val-1/agent', { action: 'end' });
        for (const token of [expired, revoked, used, 'unknown', ''])
          for (let i = 0; i < 3; i += 1) await open(token);
        for (let i = 0; i < 3; i += 1) await fetch(`${url}/o/token/`);
        for (let i = 0; i < 3; i += 1) await fetch(`${url}/oauth/token`);
        await fetch(`${url}/favicon.ico`);
      },
      '--scenario',
      'manual',
    );
    const reasons = [
      /has expired/,
      /was revoked/,
      /used up/,
      /never issued/,
      /no access_token/,
      /GET is not/,
      /has no such path.*use \/o\/token\//,
    ];
    expect(reasons.map((reason) => lines.filter((line) => reason.test(line)).length)).toEqual(
      reasons.map(() => 1),
    );
    expect(lines.join('')).not.toContain('favicon');
  });

  it('names an address that is not allowed, whatever the client gets', async () => {
    const lines = await logOf(
      async (d) => {
        const client = await d.createClient({ environment: 'production', allowed_ips: ['203.0.113.7'] });
        await d.requestToken({ ...client }).catch(() => {});
      },
      '--blocked',
      'reset',
    );
    expect(lines).toEqual([
      expect.stringMatching(/got no answer: .*allowed_ips.*How to fix: .*--trust-proxy/),
    ]);
  });

  it('prints findings of pages and of omission', async () => {
    const { child, exited, ready, errors } = run(['--port', '0']);
    const url = await ready;
    const d = driveAt({ url, adminUrl: `${url}/__admin` });
    await d.open(await d.token(), 'agent-lat~c1');
    await d.token();
    await d.admin('POST', '/clock/advance', { by: '61m' });
    await expect.poll(errors, { timeout: 60_000 }).toMatch(/token-never-used/);
    expect(errors()).toMatch(/did you mean agent-late\?/);
    expect(errors()).toMatch(/host-without-videocall/);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  });

  it('does not print what a fault or a scenario wants', async () => {
    const lines = await logOf(async (d, url) => {
      for (const fault of [{ status: 401 }, { status: 400 }, { kind: 'reset' }, { kind: 'malformed' }]) {
        await d.admin('POST', '/faults', { endpoint: 'token', times: 1, ...fault });
        await d.requestToken().catch(() => {});
      }
      await d.admin('POST', '/faults', { endpoint: 'call', times: 1, status: 403 });
      const query = `access_token=${await d.token()}&validation_id=not-found`;
      for (let i = 0; i < 2; i += 1)
        await sendRaw(url, {
          method: 'GET',
          path: `/call?${query}`,
          headers: [['Host', 'videocall.localhost']],
        });
    });
    expect(lines).toEqual([]);
  });

  it('prints a mistake that a fault only delays', async () => {
    const lines = await logOf(async (d) => {
      await d.admin('POST', '/faults', { endpoint: 'token', latency: '1ms' });
      await d.requestToken({ client_secret: 'x' });
    });
    expect(lines).toEqual([expect.stringContaining('wrong client_secret')]);
  });

  it.each(['error', 'silent'])('is empty at level %s', async (level) => {
    expect(await logOf((_, url) => json(`${url}/o/token/`), '--log-level', level)).toEqual([]);
  });

  it('is an object with the request as JSON', async () => {
    const { child, exited, output, errors } = run(['--port', '0', '--log-format', 'json']);
    await expect.poll(output).toContain('\n');
    const { url, consoleUrl } = JSON.parse(output());
    await fetch(`${url}/o/token/`);
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    expect(linesOf(errors()).map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({
        level: 'warn',
        method: 'GET',
        path: '/o/token/',
        status: 405,
        console: consoleUrl,
      }),
    ]);
  });

  it('is printed by exec while its command runs', async () => {
    const { exited, errors } = run(['exec', '--', 'sh', '-c', 'curl -s "$VIDEOCALL_URL/o/token/"']);
    expect(await exited).toBe(0);
    expect(errors()).toMatch(/warn: GET \/o\/token\/ was refused with 405: .*How to fix: .*\/__console\n/);
  });
});
