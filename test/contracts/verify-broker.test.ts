import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openBroker, type StoredPact } from '../support/broker.ts';
import { useTerminal } from '../support/terminal.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd } = useWorkingDirectory();
const run = useTerminal(cwd);

const read = (name: string, id?: string): StoredPact['pact'] => {
  const pact = JSON.parse(
    readFileSync(path.join(import.meta.dirname, '../fixtures/pacts', `${name}.json`), 'utf8'),
  );
  if (id !== undefined) pact.interactions[0]._id = id;
  return pact;
};
const GOOD = read('good/mixed', 'good-1');
const BAD = read('must-fail/wrong-status', 'bad-1');

let broker: Awaited<ReturnType<typeof openBroker>>;
afterEach(() => broker.close());

async function verify(args: readonly string[] = [], env: Record<string, string> = {}) {
  const { exited, output, errors } = run(['verify', '--broker-url', broker.url, ...args], env);
  const code = await exited;
  return { code, out: output(), err: errors() };
}

describe.skipIf(verifierProblem)(`verify with a broker${skipReason}`, () => {
  it('verifies the pacts that the broker returns for the given selectors', async () => {
    broker = await openBroker([{ pact: GOOD }]);
    const selectors = ['--selector', '{"mainBranch":true}', '--selector', '{"tag":"prod","latest":true}'];
    const { code, out } = await verify(selectors);
    expect([code, out]).toEqual([0, expect.stringContaining('3 passed')]);
    expect(broker.sent('POST', '/for-verification')[0]?.json).toEqual({
      consumerVersionSelectors: [{ mainBranch: true }, { tag: 'prod', latest: true }],
      includePendingStatus: false,
    });
    expect(broker.sent('POST', '/verification-results')).toEqual([]);
  });

  it('allows pending and WIP pacts to fail unless --fail-on-pending is set', async () => {
    broker = await openBroker([{ pact: BAD, pending: true }, { pact: BAD, wip: true }, { pact: GOOD }]);
    const flags = ['--enable-pending', '--provider-branch', 'main', '--include-wip-since', '2026-01-31'];
    const { code, out } = await verify(flags);
    expect([code, out]).toEqual([0, expect.stringContaining('3 passed, 0 failed, 2 pending')]);
    expect(broker.sent('POST', '/for-verification')[0]?.json).toMatchObject({
      includePendingStatus: true,
      providerVersionBranch: 'main',
      includeWipPactsSince: '2026-01-31',
    });
    expect((await verify([...flags, '--fail-on-pending'])).code).toBe(1);
  });

  it('publishes the results of each pact by interaction id', async () => {
    broker = await openBroker([{ pact: GOOD }, { pact: BAD }]);
    const flags = ['--publish', '--provider-version', '1.2.3', '--provider-branch', 'main'];
    const { code } = await verify([...flags, '--build-url', 'http://ci.example/1']);
    expect(code).toBe(1);
    expect(broker.sent('PUT', '/branches/main/versions/1.2.3')).toHaveLength(2);
    expect(broker.sent('POST', '/0/verification-results')[0]?.json).toMatchObject({
      providerApplicationVersion: '1.2.3',
      success: true,
      buildUrl: 'http://ci.example/1',
      testResults: [{ interactionId: 'good-1', success: true }, { success: true }, { success: true }],
    });
    expect(broker.sent('POST', '/1/verification-results')[0]?.json).toMatchObject({
      success: false,
      testResults: [
        {
          interactionId: 'bad-1',
          success: false,
          mismatches: [{ attribute: 'status', description: 'expected 201 but was 200' }],
        },
      ],
    });
  });

  it('sends broker credentials as a bearer token or as user and password', async () => {
    broker = await openBroker([{ pact: GOOD }], 'Bearer the-token');
    expect((await verify(['--broker-token', 'the-token'])).code).toBe(0);
    expect((await verify([], { PACT_BROKER_TOKEN: 'the-token' })).code).toBe(0);
    broker.close();
    broker = await openBroker([{ pact: GOOD }], `Basic ${Buffer.from('me:secret').toString('base64')}`);
    expect((await verify(['--broker-username', 'me', '--broker-password', 'secret'])).code).toBe(0);
    expect(broker.received.every(({ authorization }) => authorization?.startsWith('Basic '))).toBe(true);
  });
});

describe('verify with a broker that fails', () => {
  it('exits with 2 when the broker rejects the credentials', async () => {
    broker = await openBroker([{ pact: GOOD }], 'Bearer the-token');
    const { code, err } = await verify(['--broker-token', 'another']);
    expect([code, err]).toEqual([2, expect.stringContaining('answered 401: it rejected the credentials')]);
    expect(err).not.toContain('another');
  });

  it('exits with 2 when the broker has no pacts, unless --allow-empty is set', async () => {
    broker = await openBroker([]);
    const { code, err } = await verify();
    expect([code, err]).toEqual([2, expect.stringContaining('has no pacts for "videocall-manager"')]);
    expect((await verify(['--allow-empty'])).code).toBe(0);
  });

  it('exits with 3 when the broker cannot be reached', async () => {
    broker = await openBroker([]);
    broker.close();
    const { code, err } = await verify();
    expect([code, err]).toEqual([3, expect.stringContaining('the broker cannot be reached')]);
  });

  it.each([
    [['--selector', 'main'], '--selector: this is not a JSON object'],
    [['--publish'], '--publish: needs --provider-version as well'],
    [['--publish', '--provider-version', '1', '--filter', 'x'], '--publish and --filter exclude each other'],
    [['--enable-pending'], '--enable-pending: needs --provider-branch as well'],
    [['--broker-token', 'a', '--broker-username', 'b'], 'exclude each other'],
  ])('exits with 2 for %j without contacting the broker', async (args, why) => {
    broker = await openBroker([]);
    const { code, err } = await verify(args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
    expect(broker.received).toEqual([]);
  });
});
