import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { openBroker, PACTS, type StoredPact } from '../support/broker.ts';
import { useTerminal } from '../support/terminal.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd } = useWorkingDirectory();
const run = useTerminal(cwd);

const read = (name: string): StoredPact['pact'] =>
  JSON.parse(readFileSync(path.join(import.meta.dirname, '../fixtures/pacts', `${name}.json`), 'utf8'));
const GOOD = read('good/mixed');
const UNKNOWN_STATE = read('must-fail/unknown-state');

let broker: Awaited<ReturnType<typeof openBroker>>;
afterEach(() => broker.close());

async function verify(args: readonly string[], env: Record<string, string> = {}) {
  const { exited, output, errors } = run(['verify', ...args], env);
  const code = await exited;
  return { code, out: output(), err: errors() };
}
const atBroker = (args: readonly string[] = []) => verify(['--broker-url', broker.url, ...args]);

const PENDING = ['--enable-pending', '--provider-branch', 'main'];
const PUBLISH = ['--publish', '--provider-version', '1.2.3'];
const FOR_VERIFICATION = 'POST /pacts/provider/videocall-manager/for-verification';

describe.skipIf(verifierProblem)(`pacts of a broker${skipReason}`, () => {
  it.each([
    ['an unknown state', UNKNOWN_STATE, 'there is no provider state'],
    ['a misspelt key', read('must-fail/body-misspelt'), "did you mean 'body'?"],
    ['a plugin', read('must-fail/plugin'), 'needs the plugin protobuf'],
    ['no interactions', read('must-fail/no-interactions'), 'has no interactions'],
    ['the form of no pact', { hello: 'world' }, 'is not a pact'],
  ])(
    'reports a pending pact with %s as pending, and verifies and publishes the rest',
    async (_, pact, why) => {
      broker = await openBroker([{ pact, pending: true }, { pact, wip: true }, { pact: GOOD }]);
      const { code, out } = await atBroker([...PENDING, ...PUBLISH]);
      expect([code, out]).toEqual([0, expect.stringContaining('3 passed, 0 failed, 2 pending')]);
      expect(out).toContain(why);
      expect(broker.sent('POST', '/0/verification-results')[0]?.json.success).toBe(false);
      expect(broker.sent('POST', '/2/verification-results')[0]?.json.success).toBe(true);
    },
  );

  it.each([
    ['an unknown state', UNKNOWN_STATE],
    ['a plugin', read('must-fail/plugin')],
    ['the form of no pact', { hello: 'world' }],
  ])('fails only the pact with %s', async (_, pact) => {
    broker = await openBroker([{ pact }, { pact: GOOD }]);
    const { code, out } = await atBroker(PUBLISH);
    expect([code, out]).toEqual([1, expect.stringContaining('3 passed, 1 failed')]);
    expect(broker.sent('POST', '/0/verification-results')[0]?.json.success).toBe(false);
    expect(broker.sent('POST', '/1/verification-results')[0]?.json.success).toBe(true);
  });

  it('fails only the pact that the broker refuses to return', async () => {
    broker = await openBroker([{ pact: GOOD }, { pact: GOOD }], undefined, {
      [`GET ${PACTS}/0`]: { status: 403, json: { errors: ['not for you'] } },
    });
    const { code, out } = await atBroker();
    expect([code, out]).toEqual([1, expect.stringContaining('3 passed, 1 failed')]);
    expect(out).toContain('answered 403: not for you');
  });

  it('verifies the rest of a pact in which one interaction is pending with an unknown state', async () => {
    const pact = structuredClone(GOOD) as { interactions: Record<string, unknown>[] };
    Object.assign(pact.interactions[1] as object, { pending: true, providerStates: [{ name: 'some day' }] });
    broker = await openBroker([{ pact: pact as never }]);
    const { code, out } = await atBroker(PUBLISH);
    expect([code, out]).toEqual([0, expect.stringContaining('2 passed, 0 failed, 1 pending')]);
    expect(broker.sent('POST', '/verification-results')[0]?.json.testResults).toMatchObject([
      { success: true },
      { success: false },
      { success: true },
    ]);
  });

  it('reads the version from the key pact-specification', async () => {
    const { metadata, ...pact } = read('good/v4');
    broker = await openBroker([
      { pact: { ...pact, metadata: { 'pact-specification': { version: '4.0' } } } },
    ]);
    expect((await atBroker()).out).toContain('1 passed, 0 failed, 1 pending');
  });

  it("prints the broker's notices, the consumer's version, and what was published where", async () => {
    const notices = [
      { when: 'before_verification', text: 'it is the latest of main' },
      { when: 'after_verification:success_true_published_true', text: 'no longer pending' },
      { when: 'after_verification:success_false_published_true', text: 'still pending' },
    ];
    broker = await openBroker([{ pact: GOOD, notices }]);
    const { out } = await atBroker(PUBLISH);
    expect(out).toContain(`shop 4.5.6 (${broker.url}${PACTS}/0)`);
    expect(out).toContain(`note: ${broker.url}${PACTS}/0: it is the latest of main`);
    expect(out).toContain('no longer pending');
    expect(out).not.toContain('still pending');
    expect(out).toContain(
      `published as success of version 1.2.3: ${broker.url}${PACTS}/0/verification-results/17`,
    );
  });

  it('publishes the result of a pact given by URL, as webhooks do', async () => {
    const authorization = 'Bearer the-token';
    broker = await openBroker([{ pact: GOOD }], authorization);
    const flags = [...PUBLISH, '--provider-branch', 'main', '--provider-tag', 'prod'];
    const { code, out } = await verify([`${broker.url}${PACTS}/0`, ...flags, '--broker-token', 'the-token']);
    expect([code, out]).toEqual([0, expect.stringContaining('published as success')]);
    expect(broker.sent('PUT', '/branches/main/versions/1.2.3')).toHaveLength(1);
    expect(broker.sent('PUT', '/versions/1.2.3/tags/prod')).toHaveLength(1);
    const fromEnvironment = await verify([`${broker.url}${PACTS}/0`, ...PUBLISH], {
      PACT_BROKER_TOKEN: 'the-token',
    });
    expect(fromEnvironment.code).toBe(0);
  });

  it('exits with 3 and keeps the report when a result cannot be published', async () => {
    broker = await openBroker([{ pact: GOOD }, { pact: GOOD }], undefined, {
      [`POST ${PACTS}/0/verification-results`]: {
        status: 500,
        json: { error: { message: 'the disk is full' } },
      },
    });
    const { code, out } = await atBroker(PUBLISH);
    expect([code, out]).toEqual([3, expect.stringContaining('6 passed, 0 failed')]);
    expect(out).toContain('the result cannot be published');
    expect(out).toContain('the disk is full');
    expect(broker.sent('POST', '/1/verification-results')).toHaveLength(1);
  });

  it('requests the pacts of --provider with its tags, and publishes no secret', async () => {
    const pact = read('must-fail/secret');
    broker = await openBroker([{ pact }], undefined, {});
    const { code } = await atBroker([...PUBLISH, '--provider-tag', 'prod', '--show-secrets']);
    expect(code).toBe(1);
    expect(broker.sent('POST', '/for-verification')[0]?.json).toMatchObject({
      providerVersionTags: ['prod'],
    });
    expect(JSON.stringify(broker.sent('POST', '/verification-results'))).not.toContain('pr1vate');
    const other = await atBroker(['--provider', 'other']);
    expect(other.err).toContain('has no pacts for "other"');
  });
});

describe('invalid requests to a broker', () => {
  it('has no pacts for a provider that it does not know', async () => {
    broker = await openBroker([], undefined, { [FOR_VERIFICATION]: { status: 404, json: {} } });
    const { code, err } = await atBroker();
    expect([code, err]).toEqual([2, expect.stringContaining('has no pacts for "videocall-manager"')]);
    expect((await atBroker(['--allow-empty'])).code).toBe(0);
  });

  it("prints the broker's own errors", async () => {
    const errors = { 'consumerVersionSelectors[0]': ['unknown key: brnch'] };
    broker = await openBroker([], undefined, { [FOR_VERIFICATION]: { status: 400, json: { errors } } });
    const { code, err } = await atBroker(['--selector', '{"brnch":"main"}']);
    expect([code, err]).toEqual([2, expect.stringContaining('unknown key: brnch')]);
  });

  it('does not follow links to another origin unless it is allowed to', async () => {
    broker = await openBroker([{ pact: GOOD }], 'Bearer the-token');
    const other = `http://localhost:${new URL(broker.url).port}`;
    const flags = ['--broker-url', other, '--broker-token', 'the-token'];
    const { code, err } = await verify(flags);
    expect([code, err]).toEqual([2, expect.stringContaining(`links to another origin, ${broker.url}`)]);
    expect((await verify([...flags, '--allow-other-origins'])).code).toBe(
      verifierProblem === undefined ? 0 : 3,
    );
  });

  it.each(['pass:word', 'pa@ss', '100%', 'p%40ss'])(
    'sends the password %s of --broker-url and prints it nowhere',
    async (password) => {
      const decoded = password === 'p%40ss' ? 'p@ss' : password;
      broker = await openBroker([], `Basic ${Buffer.from(`me:${decoded}`).toString('base64')}`);
      const address = broker.url.replace('//', `//me:${password}@`);
      const { code, err } = await verify(['--broker-url', address]);
      expect([code, err]).toEqual([2, expect.stringContaining(`${broker.url}`)]);
      expect(err).toContain('has no pacts');
      const wrong = await verify(['--broker-url', address.replace('me:', 'you:')]);
      for (const text of [err, wrong.err]) {
        expect(text).not.toContain(password);
        expect(text).not.toContain(decoded);
      }
    },
  );

  it('exits with 3 when the URL of a pact cannot be reached, and prints no password', async () => {
    broker = await openBroker([]);
    broker.close();
    const { code, err } = await verify([broker.url.replace('//', '//me:pa@ss@')]);
    expect([code, err]).toEqual([3, expect.stringContaining('cannot be reached')]);
    expect(err).not.toMatch(/pa@|ss@/);
  });

  it.each([
    [['x.json', '--publish', '--provider-version', '1'], '--publish: no pact comes from a broker'],
    [['--broker-url', 'http://a:b@127.0.0.1:1', '--broker-token', 'c'], 'keep one of them'],
  ])('exits with 2 for %j', async (args, why) => {
    broker = await openBroker([]);
    const { code, err } = await verify(args);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});
