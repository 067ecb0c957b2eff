import { pause } from '../../system/timers.ts';

/** `work`, or an error when it takes longer than `timeoutMs`. */
export async function withTimeout<T>(timeoutMs: number, work: Promise<T>): Promise<T> {
  const cancel = new AbortController();
  const timeout = pause(timeoutMs, undefined, cancel).then(() => {
    throw new Error(`no answer for ${timeoutMs} ms`);
  });
  try {
    return await Promise.race([work, timeout]);
  } finally {
    timeout.catch(() => {});
    cancel.abort();
  }
}
