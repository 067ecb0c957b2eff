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
import { startProcess } from '../support/real-process.ts';

describe('compile cache', () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mock-veridas-compiled-'));
  });
  afterEach(() => rmSync(home, { recursive: true }));
  const cacheFolder = () => path.join(home, '.mock-veridas/compiled');
  const listCacheFiles = () => readdirSync(cacheFolder()).map((name) => path.join(cacheFolder(), name));

  /** Runs the simulator until `check` no longer throws. */
  async function runUntil(check: () => void): Promise<void> {
    const simulator = await startProcess({ env: { HOME: home } });
    try {
      await expect.poll(check).toBeUndefined();
    } finally {
      await simulator.stop();
    }
  }
  const expectOneCacheFile = () => void expect(listCacheFiles()).toHaveLength(1);

  it('writes a cache file that the next run reuses unchanged', async () => {
    await runUntil(expectOneCacheFile);
    const [file = ''] = listCacheFiles();
    const before = statSync(file).mtimeMs;
    const next = await startProcess({ env: { HOME: home } });
    await next.stop();
    expect(listCacheFiles()).toEqual([file]);
    expect(statSync(file).mtimeMs).toBe(before);
  });

  it('adds to the cache file what the first token needs', async () => {
    const simulator = await startProcess({ env: { HOME: home } });
    try {
      await expect.poll(expectOneCacheFile).toBeUndefined();
      const [file = ''] = listCacheFiles();
      const { size } = statSync(file);
      await fetch(`${simulator.url}/__admin/health`);
      expect(statSync(file).size).toBe(size);
      await fetch(`${simulator.url}/o/token/`, { method: 'POST' });
      await expect.poll(() => statSync(file).size).toBeGreaterThan(size);
    } finally {
      await simulator.stop();
    }
  });

  it('keeps the cache files of the three most recently used versions', async () => {
    const versions = ['a', 'b', 'c', 'd', 'e'];
    mkdirSync(cacheFolder(), { recursive: true });
    for (const [day, version] of versions.entries()) {
      writeFileSync(path.join(cacheFolder(), version), '');
      utimesSync(path.join(cacheFolder(), version), new Date(2026, 0, 1 + day), new Date(2026, 0, 1 + day));
    }
    await runUntil(
      () =>
        void expect(readdirSync(cacheFolder()).toSorted()).toEqual([
          'c',
          'd',
          'e',
          expect.stringMatching(/^v/),
        ]),
    );
  });

  it('replaces a corrupted cache file', async () => {
    await runUntil(expectOneCacheFile);
    const [file = ''] = listCacheFiles();
    writeFileSync(file, 'spoilt');
    await runUntil(() => void expect(readFileSync(file).length).toBeGreaterThan(1_000));
  });

  it('replaces a partly zeroed cache file instead of running it', async () => {
    await runUntil(expectOneCacheFile);
    const [file = ''] = listCacheFiles();
    const corrupted = readFileSync(file);
    // A crash before the file is fully on disk leaves it like this.
    corrupted.fill(0, corrupted.length / 2);
    writeFileSync(file, corrupted);
    await runUntil(() => void expect(readFileSync(file).equals(corrupted)).toBe(false));
  });

  it('runs without a cache when its folder cannot be created', async () => {
    mkdirSync(path.join(home, '.mock-veridas'), { recursive: true });
    writeFileSync(cacheFolder(), 'a file where the folder would be');
    const simulator = await startProcess({ env: { HOME: home } });
    const { ok } = await fetch(`${simulator.url}/__admin/health`);
    expect(ok).toBe(true);
    expect(simulator.getErrors()).toBe('');
    expect(await simulator.stop()).toBe(0);
  });

  it('leaves no partial cache file on a full disk', async () => {
    const simulator = await startProcess({ env: { HOME: home }, maxBlocks: 100 });
    expect(await simulator.stop()).toBe(0);
    expect(listCacheFiles()).toEqual([]);
  });

  it('uses no cache in the working directory when HOME is empty or relative', async () => {
    for (const HOME of ['', '.']) {
      const simulator = await startProcess({ env: { HOME }, cwd: home });
      expect(await simulator.stop()).toBe(0);
      expect(readdirSync(home)).toEqual([]);
    }
  });

  const skipReason =
    process.getuid?.() === 0 ? '' : ' (skipped: only root can start a process as another user)';
  it.skipIf(skipReason)(`runs without a cache for a user without a home${skipReason}`, async () => {
    // Other users may not be able to read the checkout, so copy it.
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
