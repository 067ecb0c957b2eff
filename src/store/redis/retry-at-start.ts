import { systemTime } from '../../system/clock.ts';
import { pause } from '../../system/timers.ts';

/** Repeats `attempt`, because a server may just be starting, until it fails for good or time is up. */
export async function retryAtStart<T>(
  attempt: () => Promise<T>,
  {
    timeoutMs,
    delayMs,
    isFinal,
  }: {
    readonly timeoutMs: number;
    readonly delayMs: number;
    readonly isFinal: (error: unknown) => boolean;
  },
): Promise<T> {
  const giveUpAt = systemTime() + timeoutMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (isFinal(error) || systemTime() >= giveUpAt) throw error;
      await pause(delayMs);
    }
  }
}
