import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { BROKEN, REFUSED } from '../support/bad-pacts.ts';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

const PACTS = path.join(import.meta.dirname, '../fixtures/pacts');
const bad = (name: string) => path.join(PACTS, 'must-fail', `${name}.json`);

/** Runs the command until it exits. */
async function verify(args: readonly string[]) {
  const { exited, output, errors } = run(['verify', ...args]);
  const code = await exited;
  return { code, out: output(), err: errors(), all: output() + errors() };
}

describe('mock-veridas verify with invalid input', () => {
  it.each(['rule-for-no-field', 'event-not-wrapped', 'wrong-parameter'])(
    'exits with 2 for the pact %s',
    async (name) => {
      const { code, out, err } = await verify([bad(name)]);
      expect([code, out, err]).toEqual([2, '', expect.stringContaining(REFUSED[name] as string)]);
    },
  );

  it('has a reason for every pact that must fail', () => {
    const names = readdirSync(path.join(PACTS, 'must-fail')).map((name) => path.parse(name).name);
    expect(names.filter((name) => !(name in REFUSED || name in BROKEN))).toEqual([]);
  });

  it('exits with 2, reports every invalid pact with its file, and verifies none', async () => {
    const { code, out, err } = await verify([path.join(PACTS, 'must-fail')]);
    expect([code, out]).toEqual([2, '']);
    for (const [name, why] of Object.entries(REFUSED)) {
      const own = err.split('\n').filter((line) => line.includes(bad(name)));
      expect(own.join('\n'), name).toContain(why);
    }
  });

  const HTTP = {
    description: 'nothing there',
    request: { method: 'GET', path: '/nothing' },
    response: { status: 418 },
  };
  /** Creates a pact of this specification version with the given contents. */
  const pact = (version: string, more: object) => ({
    consumer: { name: 'shop' },
    provider: { name: 'videocall-manager' },
    metadata: { pactSpecification: { version } },
    ...more,
  });
  const withStates = (more: object) => pact('3.0.0', { interactions: [{ ...HTTP, ...more }] });

  it.each([
    [
      'both interactions and messages',
      pact('3.0.0', { interactions: [HTTP], messages: [] }),
      2,
      'both interactions and messages',
    ],
    [
      'states that are not a list',
      withStates({ providerStates: { name: 'x' } }),
      2,
      'neither a name nor a list',
    ],
    [
      'a state without a name',
      withStates({ providerStates: [{}] }),
      2,
      'providerStates[0] is not a provider state',
    ],
    [
      'parameters in a list',
      withStates({ providerStates: [{ name: 'x', params: ['a'] }] }),
      2,
      'must be an object',
    ],
    [
      'both providerStates and providerState',
      withStates({ providerStates: [], providerState: 'x' }),
      2,
      'has both',
    ],
    ['a pending interaction before version 4', withStates({ pending: true }), 1, 'expected 418 but was 404'],
  ])('does not silently accept a pact with %s', async (_, content, code, why) => {
    write('pact.json', JSON.stringify(content));
    const result = await verify(['pact.json']);
    expect([result.code, result.all]).toEqual([code, expect.stringContaining(why)]);
  });

  it('creates the report folder and strips control characters from the output', async () => {
    write(
      'pact.json',
      JSON.stringify(
        pact('3.0.0', { interactions: [{ ...HTTP, description: 'a \u001b[31mred\u001b[0m one' }] }),
      ),
    );
    const { code, out } = await verify([
      'pact.json',
      '--junit',
      'reports/pact.xml',
      '--json',
      'reports/pact.json',
    ]);
    expect([code, out.includes('\u001b')]).toEqual([1, false]);
    expect(existsSync(path.join(cwd(), 'reports/pact.xml'))).toBe(true);
  });

  it.each([
    [['none.json'], 'none.json: there is no such file or folder'],
    [['.'], '.: there is no .json file in this folder'],
    [['file:///none.json'], 'only http and https URLs'],
    [[], 'no pacts given'],
    [['--filtre', 'x', 'y'], 'did you mean --filter?'],
    [['--junit'], '--junit: has no value; write --junit FILE'],
    [['--json'], 'no pacts given'],
    [['--timeout', 'soon', 'x'], '"soon" is not a time up to 1h'],
    [['--filter', '(', 'x'], '--filter: Invalid regular expression'],
    [['--target', 'here', 'x'], '--target: this is not an address'],
    [['--list-states=1'], '--list-states: takes no value'],
  ])('exits with 2 for the arguments %j', async (args, why) => {
    const { code, out, err } = await verify(args);
    expect([code, out, err]).toEqual([2, '', expect.stringContaining(why)]);
  });

  it('lists the provider states with --list-states and the flags with --help', async () => {
    const states = await verify(['--list-states']);
    expect([states.code, states.out]).toEqual([0, expect.stringContaining('the access token has expired')]);
    expect((await verify(['--help'])).out).toContain('--allow-unknown-states');
  });
});
