import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { driveAt } from '../support/drive.ts';
import { createFakePage } from '../support/fake-page.ts';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write, settings } = useWorkingDirectory();
const run = useTerminal(cwd);

const CONFIG = 'mock-veridas.config.yaml';
const SCENARIO = 'fixtures/scenarios/my-call.yaml';

/** Lists the working directory, which is the home directory as well. */
const listFiles = () => readdirSync(cwd(), { recursive: true, encoding: 'utf8' });

/** Returns the published schema that the first line of `file` points editors to. */
function findSchema(file: string): string {
  const [first = ''] = readFileSync(path.join(cwd(), file), 'utf8').split('\n');
  const [, schema = ''] = /^# yaml-language-server: \$schema=(\S+)$/.exec(first) ?? [];
  const inPackage = path.relative('node_modules/mock-veridas', path.join(path.dirname(file), schema));
  expect(existsSync(path.join(import.meta.dirname, '../..', inPackage))).toBe(true);
  return inPackage;
}

describe('mock-veridas init', () => {
  it('writes a config file and a scenario and prints the next commands', async () => {
    const { exited, output, errors } = run(['init']);
    expect([await exited, errors()]).toEqual([0, '']);
    expect(output()).toBe(
      `wrote ${CONFIG}\nwrote ${SCENARIO}\nnext:\n  npx --no-install mock-veridas start\n  npx --no-install mock-veridas validate fixtures/scenarios\n`,
    );
    expect(listFiles().toSorted()).toEqual(['fixtures', 'fixtures/scenarios', SCENARIO, CONFIG]);
  });

  it('writes a valid config file that selects the scenario and points editors to the schema', async () => {
    await run(['init']).exited;
    expect(findSchema(CONFIG)).toBe('fixtures/config.schema.json');
    const { scenario, scenarios } = await settings();
    expect(scenarios.get(scenario)?.steps).toHaveLength(3);
  });

  it('writes a valid scenario that points editors to the schema', async () => {
    await run(['init']).exited;
    const { exited, output } = run(['validate', 'fixtures/scenarios']);
    expect([await exited, output()]).toEqual([0, `ok: ${SCENARIO}\n`]);
    expect(findSchema(SCENARIO)).toBe('fixtures/scenario.schema.json');
  });

  it('writes a scenario that mock-veridas start plays without changes', async () => {
    await run(['init']).exited;
    const url = await run(['start', '--port', '0']).ready;
    const d = driveAt({ url, adminUrl: `${url}/__admin` });
    const page = createFakePage((await d.open(await d.token(), 'val-1')).html, url);
    const call = async () => (await d.admin('GET', '/calls/val-1')).json;
    await expect.poll(async () => (await call()).page).toBe('open');
    await d.admin('POST', '/clock/advance', { by: '7s' });
    await page.waitForText('VideocallCompleted');
    expect(await call()).toMatchObject({ scenario: 'my-call', state: 'ended' });
    page.disconnect();
  });

  it.each([
    ['init', 'shop/tests'],
    ['init', '--', 'shop/tests'],
  ])('writes into the given folder: %s %s', async (...args) => {
    const { exited, output } = run(args);
    expect(await exited).toBe(0);
    expect(output()).toContain(`wrote shop/tests/${CONFIG}\n`);
    expect(output()).toContain('  cd shop/tests\n');
    expect(existsSync(path.join(cwd(), 'shop/tests', SCENARIO))).toBe(true);
  });

  it.each([CONFIG, SCENARIO, 'mock-veridas.config.json', 'fixtures/scenarios/my-call.yml'])(
    'exits with 2 and writes nothing when %s exists',
    async (file) => {
      write(file, '{}');
      const before = listFiles();
      const { exited, errors, output } = run(['init']);
      expect([await exited, output()]).toEqual([2, '']);
      expect(errors()).toBe(`mock-veridas: ${file} already exists; nothing was written\n`);
      expect(listFiles()).toEqual(before);
      expect(readFileSync(path.join(cwd(), file), 'utf8')).toBe('{}');
    },
  );

  it('reports every file that exists', async () => {
    await run(['init']).exited;
    const { exited, errors } = run(['init']);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(/config\.yaml already exists.*\n.*my-call\.yaml already exists/);
  });

  it('exits with 2 and writes nothing when a folder cannot be created', async () => {
    write('fixtures', 'a file');
    const { exited, errors } = run(['init']);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(/^mock-veridas: cannot write: \w+: .*fixtures.*\n$/);
    expect(listFiles()).toEqual(['fixtures']);
  });

  it.each([
    [['--force'], '--force: is not a flag; see init --help'],
    [['-f'], '-f: is not a flag; see init --help'],
    [['a', 'b'], 'init takes one folder'],
    [['a', '--', 'b'], 'init takes one folder'],
  ])('exits with 2 for the arguments %j', async (args, message) => {
    const { exited, errors } = run(['init', ...args]);
    expect(await exited).toBe(2);
    expect(errors()).toBe(`mock-veridas: ${message}\n`);
    expect(listFiles()).toEqual([]);
  });
});
