import { renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { driveAt } from '../support/drive.ts';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

const FILE = 'own/mine.yaml';
const remove = (file: string) => rmSync(path.join(cwd(), file), { recursive: true });

/** Versions of a scenario. A call shows at once which one it plays. */
const WAITS = ['steps: []'];
const FAILS = ['steps:', '  - { after: 0s, fail: VideocallNotFound }'];
const BROKEN = ['steps:', '  - { after: -1s, agent: join }'];
const PROBLEM = `${FILE}:3:14 after: "-1s" is not a duration`;

const scenario = (lines: readonly string[], file = FILE) =>
  write(file, `name: ${path.basename(file, path.extname(file))}`, ...lines);

/** Starts a simulator that watches the folder `own`. `playScenario` opens a call and returns what it does. */
async function startWatching(...flags: string[]) {
  const { ready, errors, child, exited } = run([
    '--port',
    '0',
    '--fixtures',
    'own',
    '--watch',
    '--log-level',
    'info',
    ...flags,
  ]);
  const url = await ready;
  const d = driveAt({ url, adminUrl: `${url}/__admin` });
  const token = await d.token();
  let calls = 0;
  const playScenario = async (name = 'mine') => {
    calls += 1;
    const validationId = `${name}~${calls}`;
    const { status, state } = await d.open(token, validationId);
    expect(status).toBe(200);
    if (state === 'error') return 'fails';
    const { json } = await d.admin('GET', `/calls/${validationId}`);
    return json.scenario === name ? 'waits' : 'is not there';
  };
  const countInLog = (text: string) => errors().split(text).length - 1;
  const stop = async () => {
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  };
  return { d, token, playScenario, countInLog, stop };
}

describe('watched scenario file', () => {
  it('reloads a changed scenario file for calls that open later', async () => {
    scenario(WAITS);
    const { d, token, playScenario, countInLog, stop } = await startWatching();
    await d.open(token, 'mine~before');
    expect(await playScenario()).toBe('waits');
    scenario(FAILS);
    await expect.poll(playScenario).toBe('fails');
    await expect.poll(() => countInLog(`info: ${FILE} was reloaded`)).toBe(1);
    expect((await d.open(token, 'mine~before')).state).toBe('waiting-room');
    await stop();
  });

  it('reloads a scenario file each time it is replaced by rename', async () => {
    scenario(WAITS);
    const { playScenario } = await startWatching();
    for (const [lines, does] of [
      [FAILS, 'fails'],
      [WAITS, 'waits'],
      [FAILS, 'fails'],
    ] as const) {
      write('own/.mine.yaml.swp', 'name: mine', ...lines);
      renameSync(path.join(cwd(), 'own/.mine.yaml.swp'), path.join(cwd(), FILE));
      await expect.poll(playScenario).toBe(does);
    }
  });

  it('loads a scenario file that is created later', async () => {
    scenario(WAITS, 'own/other.yaml');
    const { playScenario } = await startWatching();
    expect(await playScenario()).toBe('is not there');
    scenario(FAILS);
    await expect.poll(playScenario).toBe('fails');
  });

  it('keeps the last valid version of an invalid file, and logs each invalid change and the fix once', async () => {
    scenario(FAILS);
    scenario(WAITS, 'own/other.yaml');
    const { playScenario, countInLog } = await startWatching('--log-level', 'warn');
    scenario(BROKEN);
    await expect.poll(() => countInLog(`warn: ${PROBLEM}`)).toBe(1);
    expect(await playScenario()).toBe('fails');

    scenario(FAILS, 'own/other.yaml');
    await expect.poll(() => playScenario('other')).toBe('fails');
    expect(countInLog(PROBLEM)).toBe(1);

    scenario([...BROKEN, '# still']);
    await expect.poll(() => countInLog(PROBLEM)).toBe(2);
    expect(countInLog('valid again')).toBe(0);

    scenario(WAITS);
    await expect.poll(playScenario).toBe('waits');
    await expect.poll(() => countInLog(`warn: ${FILE} is valid again`)).toBe(1);
  });

  it('removes a scenario when its file is deleted', async () => {
    scenario(FAILS);
    scenario(WAITS, 'own/other.yaml');
    const { playScenario, countInLog } = await startWatching();
    remove(FILE);
    await expect.poll(playScenario).toBe('is not there');
    await expect.poll(() => countInLog(`info: ${FILE} was deleted`)).toBe(1);
  });

  it('falls back to the bundled scenario of the same name when the file is deleted', async () => {
    scenario(FAILS, 'own/happy.yaml');
    const { playScenario } = await startWatching();
    expect(await playScenario('happy')).toBe('fails');
    remove('own/happy.yaml');
    await expect.poll(() => playScenario('happy')).toBe('waits');
  });

  it.each([
    ['--scenario', ['--scenario', 'mine'], ''],
    [
      'a client',
      [],
      'clients: [{ client_id: sandbox-client, client_secret: sandbox-secret, scenario: mine }]',
    ],
  ])('keeps the scenario of a deleted file that %s uses', async (_, flags, config) => {
    scenario(FAILS);
    scenario(WAITS, 'own/other.yaml');
    write('mock-veridas.config.yaml', config);
    const { playScenario, countInLog } = await startWatching(...flags);
    remove(FILE);
    await expect.poll(() => countInLog(`warn: ${FILE} was deleted; its scenario is kept`)).toBe(1);
    scenario(FAILS, 'own/other.yaml');
    await expect.poll(() => playScenario('other')).toBe('fails');
    expect(await playScenario()).toBe('fails');
    expect(countInLog('was deleted')).toBe(1);
  });
});

describe('watched scenario folder', () => {
  it.each([FILE, 'own/scenarios/mine.yaml'])(
    'reloads scenarios when the folder is deleted and recreated: %s',
    async (file) => {
      scenario(FAILS, file);
      const { playScenario, countInLog, stop } = await startWatching();
      for (const times of [1, 2]) {
        remove('own');
        await expect.poll(playScenario).toBe('is not there');
        await expect.poll(() => countInLog('cannot be read (ENOENT)')).toBe(times);
        scenario(FAILS, file);
        await expect.poll(playScenario).toBe('fails');
        await expect.poll(() => countInLog('can be read again')).toBe(times);
      }
      await stop();
    },
  );

  it('reloads scenarios when the folder is replaced by rename', async () => {
    scenario(WAITS);
    scenario(FAILS, 'next/mine.yaml');
    const { playScenario } = await startWatching();
    renameSync(path.join(cwd(), 'own'), path.join(cwd(), 'old'));
    renameSync(path.join(cwd(), 'next'), path.join(cwd(), 'own'));
    await expect.poll(playScenario).toBe('fails');
    scenario(WAITS);
    await expect.poll(playScenario).toBe('waits');
  });
});

describe('exec --watch', () => {
  it('watches while the command runs and exits with it', async () => {
    scenario(WAITS);
    const script = `
      printf 'name: mine\\nsteps: [{ after: -1s, agent: join }]\\n' > ${FILE}
      read line`;
    const { child, exited, errors } = run(['exec', '--fixtures', 'own', '--watch', '--', 'sh', '-c', script]);
    await expect.poll(errors).toContain(`warn: ${FILE}:2:18 after`);
    child.stdin?.end('\n');
    expect(await exited).toBe(0);
  });
});
