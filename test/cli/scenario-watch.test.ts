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

/** What a call of a scenario does, so that one sees at once which version it plays. */
const WAITS = ['steps: []'];
const FAILS = ['steps:', '  - { after: 0s, fail: VideocallNotFound }'];
const BROKEN = ['steps:', '  - { after: -1s, agent: join }'];
const FAULT = `${FILE}:3:14 after: "-1s" is not a duration`;

const scenario = (lines: readonly string[], file = FILE) =>
  write(file, `name: ${path.basename(file, path.extname(file))}`, ...lines);

/** A simulator that watches the folder `own`, and what a call that opens now does in it. */
async function watching(...flags: string[]) {
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
  const playing = async (name = 'mine') => {
    calls += 1;
    const validationId = `${name}~${calls}`;
    const { status, state } = await d.open(token, validationId);
    expect(status).toBe(200);
    if (state === 'error') return 'fails';
    const { json } = await d.admin('GET', `/calls/${validationId}`);
    return json.scenario === name ? 'waits' : 'is not there';
  };
  const said = (text: string) => errors().split(text).length - 1;
  const stop = async () => {
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  };
  return { d, token, playing, said, stop };
}

describe('a scenario file that is watched', () => {
  it('is read anew when it changes, for calls that open later', async () => {
    scenario(WAITS);
    const { d, token, playing, said, stop } = await watching();
    await d.open(token, 'mine~before');
    expect(await playing()).toBe('waits');
    scenario(FAILS);
    await expect.poll(playing).toBe('fails');
    await expect.poll(() => said(`info: ${FILE} was read anew`)).toBe(1);
    expect((await d.open(token, 'mine~before')).state).toBe('waiting-room');
    await stop();
  });

  it('may be replaced by rename, again and again', async () => {
    scenario(WAITS);
    const { playing } = await watching();
    for (const [lines, does] of [
      [FAILS, 'fails'],
      [WAITS, 'waits'],
      [FAILS, 'fails'],
    ] as const) {
      write('own/.mine.yaml.swp', 'name: mine', ...lines);
      renameSync(path.join(cwd(), 'own/.mine.yaml.swp'), path.join(cwd(), FILE));
      await expect.poll(playing).toBe(does);
    }
  });

  it('may come later', async () => {
    scenario(WAITS, 'own/other.yaml');
    const { playing } = await watching();
    expect(await playing()).toBe('is not there');
    scenario(FAILS);
    await expect.poll(playing).toBe('fails');
  });

  it('stays as it was while it is faulty: the log says so once for each change, and when it is fixed', async () => {
    scenario(FAILS);
    scenario(WAITS, 'own/other.yaml');
    const { playing, said } = await watching('--log-level', 'warn');
    scenario(BROKEN);
    await expect.poll(() => said(`warn: ${FAULT}`)).toBe(1);
    expect(await playing()).toBe('fails');

    scenario(FAILS, 'own/other.yaml');
    await expect.poll(() => playing('other')).toBe('fails');
    expect(said(FAULT)).toBe(1);

    scenario([...BROKEN, '# still']);
    await expect.poll(() => said(FAULT)).toBe(2);
    expect(said('good again')).toBe(0);

    scenario(WAITS);
    await expect.poll(playing).toBe('waits');
    await expect.poll(() => said(`warn: ${FILE} is good again`)).toBe(1);
  });

  it('takes its scenario with it when it goes', async () => {
    scenario(FAILS);
    scenario(WAITS, 'own/other.yaml');
    const { playing, said } = await watching();
    remove(FILE);
    await expect.poll(playing).toBe('is not there');
    await expect.poll(() => said(`info: ${FILE} is gone`)).toBe(1);
  });

  it('leaves its place to a shipped scenario of its name when it goes, even to one that settings name', async () => {
    scenario(FAILS, 'own/happy.yaml');
    const { playing } = await watching();
    expect(await playing('happy')).toBe('fails');
    remove('own/happy.yaml');
    await expect.poll(() => playing('happy')).toBe('waits');
  });

  it.each([
    ['--scenario', ['--scenario', 'mine'], ''],
    [
      'a client',
      [],
      'clients: [{ client_id: sandbox-client, client_secret: sandbox-secret, scenario: mine }]',
    ],
  ])('leaves its scenario when it goes, if %s names it', async (_, flags, config) => {
    scenario(FAILS);
    scenario(WAITS, 'own/other.yaml');
    write('mock-veridas.config.yaml', config);
    const { playing, said } = await watching(...flags);
    remove(FILE);
    await expect.poll(() => said(`warn: ${FILE} is gone; its scenario stays`)).toBe(1);
    scenario(FAILS, 'own/other.yaml');
    await expect.poll(() => playing('other')).toBe('fails');
    expect(await playing()).toBe('fails');
    expect(said('is gone')).toBe(1);
  });
});

describe('a folder that is watched', () => {
  it.each([FILE, 'own/scenarios/mine.yaml'])('may be removed and made again: %s', async (file) => {
    scenario(FAILS, file);
    const { playing, said, stop } = await watching();
    for (const times of [1, 2]) {
      remove('own');
      await expect.poll(playing).toBe('is not there');
      await expect.poll(() => said('cannot be read (ENOENT)')).toBe(times);
      scenario(FAILS, file);
      await expect.poll(playing).toBe('fails');
      await expect.poll(() => said('can be read again')).toBe(times);
    }
    await stop();
  });

  it('may be replaced by another at once', async () => {
    scenario(WAITS);
    scenario(FAILS, 'next/mine.yaml');
    const { playing } = await watching();
    renameSync(path.join(cwd(), 'own'), path.join(cwd(), 'old'));
    renameSync(path.join(cwd(), 'next'), path.join(cwd(), 'own'));
    await expect.poll(playing).toBe('fails');
    scenario(WAITS);
    await expect.poll(playing).toBe('waits');
  });
});

describe('exec --watch', () => {
  it('watches for as long as the command runs, and ends with it', async () => {
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
