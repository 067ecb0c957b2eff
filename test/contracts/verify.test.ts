import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BROKEN } from '../support/bad-pacts.ts';
import { openDrive } from '../support/drive.ts';
import { startSabotageProxy } from '../support/sabotage.ts';
import { NPM_START, useTerminal } from '../support/terminal.ts';
import { explainMissingTool } from '../support/tools.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';
import { findXmlProblems } from '../support/xml-schema.ts';

const { cwd } = useWorkingDirectory();
const run = useTerminal(cwd);

const noXmllint = explainMissingTool('xmllint');

const ROOT = path.join(import.meta.dirname, '../..');
const PACTS = path.join(import.meta.dirname, '../fixtures/pacts');
const bad = (name: string) => path.join(PACTS, 'must-fail', `${name}.json`);
const good = (name: string) => path.join(PACTS, 'good', `${name}.json`);

/** Runs the command until it exits. */
async function verify(
  args: readonly string[],
  env: Record<string, string> = {},
  command?: readonly string[],
) {
  const { exited, output, errors } = run(['verify', ...args], env, command);
  const code = await exited;
  return { code, out: output(), err: errors(), all: output() + errors() };
}

/** Environment variables that would change a verification if they were passed on. */
const HOSTILE_ENV = {
  HTTP_PROXY: 'http://127.0.0.1:9',
  http_proxy: 'http://127.0.0.1:9',
  ALL_PROXY: 'http://127.0.0.1:9',
  PACT_BROKER_BASE_URL: 'http://127.0.0.1:9',
  PACT_BROKER_TOKEN: 'none',
  PACT_BROKER_PUBLISH_VERIFICATION_RESULTS: 'true',
  PACT_DESCRIPTION: 'nothing',
  PACT_PROVIDER_STATE: 'nothing',
  LOG_LEVEL: 'trace',
};

describe.skipIf(verifierProblem)(`mock-veridas verify${skipReason}`, () => {
  it('verifies the bundled contracts even in a hostile environment', async () => {
    const { code, out, err } = await verify(['contracts'], HOSTILE_ENV, NPM_START);
    expect([code, err]).toEqual([0, expect.stringContaining('verifying contracts/guide-backend')]);
    expect(out).toMatch(/\n50 interactions: 50 passed, 0 failed\n$/);
  });

  it.each(['v2', 'v3', 'v3-messages', 'v4', 'mixed'])('verifies a valid pact of kind %s', async (kind) => {
    const { code, all } = await verify([good(kind)]);
    expect([code, all]).toEqual([0, expect.stringContaining(' 0 failed')]);
  });

  it.each(Object.entries(BROKEN))(
    'exits with 1 for the pact %s and prints the cause and a fix',
    async (name, why) => {
      const { code, out } = await verify([bad(name)]);
      expect([code, out]).toEqual([1, expect.stringContaining(why)]);
      expect(out).toContain('      fix ');
    },
  );

  it('marks only the interaction that failed', async () => {
    const { out } = await verify([bad('state-fails')]);
    expect(out).toMatch(/ok {6}a token\n {2}FAILED {2}a token of the past\n.*ok {6}another token/s);
  });

  it('masks secrets in output and reports unless --show-secrets is set', async () => {
    const files = ['--json', 'r.json', '--junit', 'r.xml'];
    const { all } = await verify([bad('secret'), ...files]);
    const written = ['r.json', 'r.xml'].map((name) => readFileSync(path.join(cwd(), name), 'utf8'));
    expect([all, ...written].join()).not.toContain('pr1vate');
    expect((await verify([bad('secret'), '--show-secrets'])).all).toContain('pr1vate-and-right');
  });

  it('prints a short report for a pact of five megabytes', async () => {
    const pact = JSON.parse(readFileSync(bad('wrong-body'), 'utf8'));
    pact.interactions[0].response.body.content = { token_type: 'x'.repeat(5_000_000) };
    writeFileSync(path.join(cwd(), 'large.json'), JSON.stringify(pact));
    const { code, out } = await verify(['large.json']);
    expect(code).toBe(1);
    expect(out).toContain('$.token_type');
    expect(out.length).toBeLessThan(10_000);
  });

  it('writes JSON to stdout and JUnit to a file', async () => {
    const { code, out, err } = await verify([
      good('v4'),
      bad('wrong-status'),
      '--json',
      '-',
      '--junit',
      'r.xml',
    ]);
    expect(code).toBe(1);
    const report = JSON.parse(out);
    expect(report).toMatchObject({
      schema: 1,
      provider: 'videocall-manager',
      success: false,
      summary: { passed: 1, failed: 1, pending: 1, skipped: 0 },
    });
    expect(report.results[2]).toMatchObject({
      file: bad('wrong-status'),
      consumer: 'shop',
      description: 'a token',
      type: 'http',
      status: 'failed',
      problems: [{ type: 'StatusMismatch', expected: '201', actual: '200' }],
    });
    expect(err).toContain('3 interactions');
    const xml = readFileSync(path.join(cwd(), 'r.xml'), 'utf8');
    expect(xml).toContain('<testsuite name="shop" tests="3" failures="1" errors="0" skipped="1"');
  });

  it.skipIf(noXmllint)(
    `writes JUnit that matches its schema${noXmllint ? ` (${noXmllint})` : ''}`,
    async () => {
      const pacts = [good('v4'), ...['wrong-status', 'wrong-event', 'state-fails'].map(bad)];
      await verify([...pacts, '--junit', 'r.xml']);
      expect(await findXmlProblems('junit.xsd', path.join(cwd(), 'r.xml'))).toBe('');
    },
  );

  it('exits with 1 for pending failures with --fail-on-pending', async () => {
    expect((await verify([good('v4'), '--fail-on-pending'])).code).toBe(1);
  });

  it('verifies only the interactions that --filter matches', async () => {
    const { code, out } = await verify([bad('state-fails'), '--filter', 'another']);
    expect([code, out]).toEqual([0, expect.stringContaining('1 interaction: 1 passed')]);
    const none = await verify([bad('state-fails'), '--filter', 'nonsense']);
    expect([none.code, none.err]).toEqual([2, expect.stringContaining('no interaction matches nonsense')]);
  });

  it('accepts unknown states and empty pacts with their flags', async () => {
    // The unknown state is ignored; the request succeeds without it.
    expect((await verify([bad('unknown-state'), '--allow-unknown-states'])).code).toBe(0);
    expect((await verify([bad('no-interactions'), '--allow-empty'])).code).toBe(0);
  });

  it('loads pacts from a URL', async () => {
    const server = createServer((request, response) => {
      response.statusCode = request.url === '/pact' ? 200 : 404;
      response.end(readFileSync(good('v3')));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect((await verify([`${url}/pact`])).code).toBe(0);
    const missing = await verify([`${url}/none`]);
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining('/none: answered 404')]);
    server.close();
  });

  it('verifies a running simulator with --target and keeps the tokens of other clients', async () => {
    const d = await openDrive();
    const other = await d.createClient();
    const token = await d.token(other);
    const target = ['--target', d.mock.url];
    expect((await verify([path.join(ROOT, 'contracts'), ...target])).code).toBe(0);
    expect((await d.admin('GET', `/tokens/${token}`)).json.state).toBe('active');
    await d.mock.close();
  });

  it('verifies a service without a control API and skips interactions with states it cannot set up', async () => {
    const d = await openDrive({ scenario: 'manual' });
    await d.createClient({ client_id: 'own', client_secret: 'own=secret&1' });
    const proxy = await startSabotageProxy(d.mock.url);
    proxy.plant({
      request: ({ url }) => (url.startsWith('/__admin') ? { status: 404, headers: {}, body: '' } : undefined),
    });
    const target = ['contracts/guide-backend--videocall-manager.json', '--target', proxy.url];
    const contracts = target.map((one) => (one.endsWith('.json') ? path.join(ROOT, one) : one));
    const flags = ['--client-id', 'own', '--client-secret', 'own=secret&1'];
    const { code, out, err } = await verify([...contracts, ...flags]);
    expect([code, err]).toEqual([0, expect.not.stringContaining('own=secret&1')]);
    expect(out).toContain('8 interactions: 4 passed, 0 failed, 4 skipped');
    expect(out).toContain('"an access token exists" cannot be set up at the real service with then');
    expect(out).not.toContain('CLIENT_SECRET');
    const frontend = path.join(ROOT, 'contracts/guide-frontend--videocall-manager.json');
    const page = await verify([frontend, '--target', proxy.url, ...flags, '--validation-id', 'val-1']);
    expect([page.code, page.out]).toEqual([0, expect.stringContaining('1 passed, 0 failed, 5 skipped')]);
    const wrong = await verify([...contracts, '--client-id', 'own', '--client-secret', 'wrong']);
    expect(wrong.code).toBe(1);
    const unnamed = await verify(contracts);
    expect([unnamed.code, unnamed.err]).toEqual([2, expect.stringContaining('give --client-id and')]);
    proxy.close();
    await d.mock.close();
    const unreachable = await verify(contracts);
    expect([unreachable.code, unreachable.err]).toEqual([
      3,
      expect.stringContaining('--target: no answer from'),
    ]);
  });

  it('uses --client-id and --client-secret for a pact whose states name no client', async () => {
    const pact = readFileSync(good('v2'), 'utf8').replaceAll('CLIENT_', 'OTHER_');
    writeFileSync(path.join(cwd(), 'other.json'), pact);
    expect((await verify(['other.json'])).code).toBe(1);
    const given = ['--client-id', 'OTHER_ID', '--client-secret', 'OTHER_SECRET'];
    expect((await verify(['other.json', ...given])).code).toBe(0);
  });

  const noProc = existsSync('/proc/self/task') ? '' : ' (skipped: there is no /proc)';
  it.skipIf(noProc)(`stops the verifier process on SIGTERM${noProc}`, async () => {
    const pact = JSON.parse(readFileSync(good('v3'), 'utf8'));
    const params = { client_id: 'CLIENT_ID', delay_ms: 60_000 };
    pact.interactions[0].providerStates.push({ name: 'the authentication API is unavailable', params });
    writeFileSync(path.join(cwd(), 'slow.json'), JSON.stringify(pact));
    const { child, errors, exited } = run(['verify', 'slow.json']);
    await expect.poll(errors).toContain('verifying slow.json');
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    expect(children).toMatch(/^\d+$/);
    child.kill('SIGTERM');
    expect(await exited).toBe(3);
    expect(errors()).toContain('the verifier was stopped');
    expect(() => process.kill(Number(children), 0)).toThrow('ESRCH');
  });

  it('verifies pacts from the installed package once its optional peer is installed', async () => {
    const modules = path.join(cwd(), 'node_modules');
    mkdirSync(modules);
    const from = (name: string) => path.join(ROOT, name);
    for (const name of ['contracts', 'dist', 'fixtures', 'package.json'])
      cpSync(from(name), path.join(modules, 'mock-veridas', name), { recursive: true });
    const command = [process.execPath, path.join(modules, 'mock-veridas/dist/mock-veridas.cjs')];
    const withoutVerifier = await verify([good('v3')], {}, command);
    expect([withoutVerifier.code, withoutVerifier.err]).toEqual([
      3,
      expect.stringContaining('npm install --save-dev @pact-foundation/pact-core@19'),
    ]);
    const withoutComparator = await verify([good('v3'), '--static'], {}, command);
    expect([withoutComparator.code, withoutComparator.err]).toEqual([
      3,
      expect.stringContaining('openapi-pact-comparator@1'),
    ]);
    symlinkSync(from('node_modules/@pact-foundation'), path.join(modules, '@pact-foundation'));
    expect((await verify([good('v3')], {}, command)).code).toBe(0);
    rmSync(path.join(modules, '@pact-foundation'));
  });
});

describe('mock-veridas verify --static', () => {
  it('passes the bundled contracts with --static and reports the interactions it skips', async () => {
    const { code, out } = await verify([path.join(ROOT, 'contracts'), '--static']);
    expect([code, out]).toEqual([0, expect.stringContaining('45 passed, 0 failed, 5 skipped')]);
    expect(out).toContain('skipped the event VideocallLoading');
    expect(out).toMatch(/^warning: OpenAPI does not describe events/m);
  });

  it.each([
    ['wrong-status', 'Response status code not defined in spec file: 201'],
    ['wrong-body', 'response.body.token_type'],
  ])('exits with 1 for the pact %s with --static and prints the cause', async (name, why) => {
    const { code, out } = await verify([bad(name), '--static']);
    expect([code, out]).toEqual([1, expect.stringContaining(why)]);
  });

  it('exits with 2 for --static with an invalid pact or with --target', async () => {
    expect((await verify([bad('not-json'), '--static'])).code).toBe(2);
    expect((await verify([good('v4'), '--static', '--target', 'http://127.0.0.1:1'])).code).toBe(2);
  });
});
