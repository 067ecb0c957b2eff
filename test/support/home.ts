import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from 'vitest';

/** Gives the tests of a group a home of their own, in which certificates are kept; answers where it is. */
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
