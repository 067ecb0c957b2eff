import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type RealProcess, startProcess } from '../support/real-process.ts';

describe('what V8 has compiled of the command', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mock-veridas-compiled-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const folder = () => path.join(home, '.mock-veridas/compiled');
  const kept = () => readdirSync(folder()).map((name) => path.join(folder(), name));

  /** Runs until something is kept that `isNew`. */
  async function runUntil(isNew: () => void): Promise<void> {
    const simulator = await startProcess({ env: { HOME: home } });
    try {
      await expect.poll(isNew).toBeUndefined();
    } finally {
      await simulator.stop();
    }
  }
  /** Makes it one that has been up for long enough to keep what is compiled when it ends. */
  async function keepsWhenItEnds(simulator: RealProcess): Promise<void> {
    simulator.run('process.uptime = () => 60');
    // Answered when that has run.
    await simulator.measure();
  }
  const isKept = () => void expect(kept()).toHaveLength(1);

  it('is kept for the next time, which takes it as it is', async () => {
    await runUntil(isKept);
    const [file = ''] = kept();
    const before = statSync(file).mtimeMs;
    const next = await startProcess({ env: { HOME: home } });
    await next.stop();
    expect(kept()).toEqual([file]);
    expect(statSync(file).mtimeMs).toBe(before);
  });

  it('is kept beside what the three versions have that were used last', async () => {
    const versions = ['a', 'b', 'c', 'd', 'e'];
    mkdirSync(folder(), { recursive: true });
    for (const [day, version] of versions.entries()) {
      writeFileSync(path.join(folder(), version), '');
      utimesSync(path.join(folder(), version), new Date(2026, 0, 1 + day), new Date(2026, 0, 1 + day));
    }
    await runUntil(
      () =>
        void expect(readdirSync(folder()).toSorted()).toEqual(['c', 'd', 'e', expect.stringMatching(/^v/)]),
    );
  });

  it('is made anew where it was spoilt', async () => {
    await runUntil(isKept);
    const [file = ''] = kept();
    writeFileSync(file, 'spoilt');
    await runUntil(() => void expect(readFileSync(file).length).toBeGreaterThan(1_000));
  });

  it('is not run where some of it was lost', async () => {
    await runUntil(isKept);
    const [file = ''] = kept();
    const spoilt = readFileSync(file);
    // As a machine leaves a file that goes down before all of it is on the disk.
    spoilt.fill(0, spoilt.length / 2);
    writeFileSync(file, spoilt);
    await runUntil(() => void expect(readFileSync(file).equals(spoilt)).toBe(false));
  });

  it('is not kept where there is no room for it, and all goes on', async () => {
    mkdirSync(path.join(home, '.mock-veridas'), { recursive: true });
    writeFileSync(folder(), 'a file where the folder would be');
    const simulator = await startProcess({ env: { HOME: home } });
    const { ok } = await fetch(`${simulator.url}/__admin/health`);
    expect(ok).toBe(true);
    expect(simulator.getErrors()).toBe('');
    expect(await simulator.stop()).toBe(0);
  });

  it('leaves nothing behind where the disk is full', async () => {
    const simulator = await startProcess({ env: { HOME: home }, maxBlocks: 100 });
    await keepsWhenItEnds(simulator);
    expect(await simulator.stop()).toBe(0);
    expect(kept()).toEqual([]);
  });

  it('is not looked for in the working directory, where the home depends on it', async () => {
    for (const HOME of ['', '.']) {
      const simulator = await startProcess({ env: { HOME }, cwd: home });
      await keepsWhenItEnds(simulator);
      expect(await simulator.stop()).toBe(0);
      expect(readdirSync(home)).toEqual([]);
    }
  });

  const noSuperuser =
    process.getuid?.() === 0 ? '' : ' (skipped: only the superuser can run it as somebody else)';
  it.skipIf(noSuperuser)(`is not missed by a user without a home${noSuperuser}`, async () => {
    // Where everybody may read it, as a checkout need not be.
    const installed = path.join(home, 'package');
    for (const part of ['dist', 'fixtures', 'package.json'])
      cpSync(path.join(import.meta.dirname, '../..', part), path.join(installed, part), { recursive: true });
    chmodSync(home, 0o755);
    const command = path.join(installed, 'dist/mock-veridas.cjs');
    const simulator = await startProcess({ command, env: { HOME: undefined }, cwd: '/', uid: 54_321 });
    expect(simulator.getErrors()).toBe('');
    expect(await simulator.stop()).toBe(0);
  });
});
