import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Gives a group of tests a temporary home directory, which stores certificates, and returns its path. */
export function useHome(): () => string {
  const { env } = process;
  const originalHome = env.HOME;
  let home = '';
  beforeAll(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mock-veridas-home-'));
    env.HOME = home;
  });
  afterAll(() => {
    env.HOME = originalHome;
    rmSync(home, { recursive: true });
  });
  return () => home;
}
