import { expect } from 'vitest';
import type { Credentials, Drive } from './drive.ts';

/** A fail-over takes seconds. */
const MAX_OUTAGE_MS = 60_000;

/**
 * Asks for tokens all the time.
 *
 * @param client whose tokens, by default those of the built-in one
 */
export function keepIssuing(d: Drive, client?: Credentials) {
  const issued: string[] = [];
  const statuses: number[] = [];
  /** How long each request took. */
  const durationsMs: number[] = [];
  let isStopped = false;
  const done = (async () => {
    while (!isStopped) {
      const begun = performance.now();
      const answer = await d.requestToken({ ...client }).catch(() => undefined);
      // The test has failed, and its simulator has ended.
      if (answer === undefined) return;
      const body = await answer.text();
      durationsMs.push(performance.now() - begun);
      statuses.push(answer.status);
      if (answer.status === 200) issued.push((JSON.parse(body) as { access_token: string }).access_token);
    }
  })();
  return {
    issued,
    statuses,
    durationsMs,
    /** Resolves when more tokens were answered. */
    async waitForMore(): Promise<void> {
      const before = issued.length;
      await expect.poll(() => issued.length > before + 20, { timeout: MAX_OUTAGE_MS }).toBe(true);
    },
    /** Returns how long the slowest request took, in milliseconds. */
    async stop() {
      isStopped = true;
      await done;
      return Math.max(...durationsMs);
    },
  };
}
