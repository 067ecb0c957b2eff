import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildChanged } from '../support/changed-command.ts';
import { driveAt } from '../support/drive.ts';
import { COMMAND } from '../support/instances.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd } = useWorkingDirectory();

type Output = 'pipe' | number;

const IDLE = ['--', 'sh', '-c', 'trap "exit 7" TERM; while :; do sleep 0.05; done'];

describe('a command whose output is not read', () => {
  const running: ChildProcess[] = [];
  afterEach(() => {
    for (const child of running.splice(0)) child.kill('SIGKILL');
  });

  /** Starts a command that logs every request, and returns it with its address once it is ready. */
  async function startUnread(
    name: 'start' | 'exec',
    {
      output = 'pipe',
      flags = [],
      command = COMMAND,
    }: { output?: Output; flags?: string[]; command?: string } = {},
  ) {
    const file = path.join(cwd(), 'ready.json');
    const args = [name, '--port', '0', '--ready-file', file, '--log-level', 'info', ...flags];
    const child = spawn(process.execPath, [command, ...args, ...(name === 'exec' ? IDLE : [])], {
      stdio: ['ignore', output, output],
      // biome-ignore lint/style/noProcessEnv: the child needs PATH
      env: { PATH: process.env.PATH, HOME: cwd() },
    });
    running.push(child);
    const read = () => JSON.parse(readFileSync(file, 'utf8')).url as string;
    await expect.poll(() => read()).toMatch(/^http/);
    return { child, url: read() };
  }

  /** Requests an unknown path so often that its lines fill every buffer of a pipe. */
  async function fillLog(url: string): Promise<void> {
    const address = `${url}/${'a'.repeat(8_000)}`;
    for (let batch = 0; batch < 8; batch += 1) {
      const answers = await Promise.all(Array.from({ length: 50 }, () => fetch(address)));
      expect(answers.every(({ status }) => status === 404)).toBe(true);
    }
  }

  /** Sends SIGTERM and returns the exit code. */
  async function stop(child: ChildProcess): Promise<number | null> {
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    return (await exited)[0];
  }

  describe.each([
    ['start', 0],
    ['exec', 7],
  ] as const)('%s', (name, code) => {
    it('answers while its pipes are full and ends at the first SIGTERM', async () => {
      const { child, url } = await startUnread(name);
      await fillLog(url);
      expect(await stop(child)).toBe(code);
    });

    it('ends at SIGTERM when its reader has gone away', async () => {
      const { child, url } = await startUnread(name);
      child.stdout?.destroy();
      child.stderr?.destroy();
      await fillLog(url);
      expect(await stop(child)).toBe(code);
    });

    it('ends at SIGTERM when the disk of its output is full', async () => {
      const { child, url } = await startUnread(name, { output: openSync('/dev/full', 'w') });
      await fillLog(url);
      expect(await stop(child)).toBe(code);
    });
  });

  it('says how many log entries it has dropped once its output is read again', async () => {
    const { child, url } = await startUnread('start');
    for (let round = 0; round < 5; round += 1) await fillLog(url);
    let errors = '';
    child.stderr?.on('data', (data) => {
      errors += data;
    });
    await expect
      .poll(async () => {
        await fetch(url);
        return errors.replace(/a{9,}/g, '');
      })
      .toContain('log entries are missing here: standard error was not read in time');
  });

  describe('with a long grace period', () => {
    let command = '';
    beforeAll(async () => {
      command = await buildChanged('long-grace', [
        {
          file: 'cli/start.ts',
          snippet: 'STOP_TIMEOUT_MS = 1_250',
          replacement: 'STOP_TIMEOUT_MS = 600_000',
        },
        {
          file: 'server/listen.ts',
          snippet: 'SHUTDOWN_TIMEOUT_MS = 1_000',
          replacement: 'SHUTDOWN_TIMEOUT_MS = 600_000',
        },
      ]);
    });
    afterAll(() => rmSync(command));

    it('ends at once at the second signal', async () => {
      const { child, url } = await startUnread('start', { command });
      const d = driveAt({ url, adminUrl: `${url}/__admin` });
      await d.admin('POST', '/faults', { endpoint: 'token', kind: 'hang' });
      const pending = fetch(`${url}/o/token/`, { method: 'POST' }).catch(() => 'disconnected');
      await expect.poll(async () => (await d.admin('GET', '/requests')).json.total).toBe(1);
      child.kill('SIGTERM');
      // The first signal closes the port, and waits for the answer.
      await expect.poll(() => fetch(url).catch(() => 'closed')).toBe('closed');
      expect(child.exitCode).toBe(null);
      expect(await stop(child)).toBe(0);
      expect(await pending).toBe('disconnected');
    });
  });

  it('exec kills its command and ends at the second signal', async () => {
    const { child, url } = await startUnread('exec');
    await fillLog(url);
    child.kill('SIGSTOP');
    child.kill('SIGTERM');
    child.kill('SIGINT');
    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    expect([7, 137]).toContain((await exited)[0]);
  });
});
