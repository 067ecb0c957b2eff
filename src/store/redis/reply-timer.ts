import { clearTimeout, nextRound, setTimeout } from '../../system/timers.ts';

/** With a command outstanding, a server silent for this long counts as unavailable. */
const REPLY_TIMEOUT_MS = 1_000;

/** Counts outstanding commands. */
export interface ReplyTimer {
  readonly isExpecting: boolean;
  /** A command was sent. */
  expect(): void;
  /** A command was answered or has failed. */
  receive(): void;
  stop(): void;
}

/** @param onSilence called when outstanding commands get no reply */
export function createReplyTimer(onSilence: (why: Error) => void): ReplyTimer {
  let pending = 0;
  let replies = 0;
  let timer: NodeJS.Timeout | undefined;

  function restart(): void {
    clearTimeout(timer);
    if (pending === 0) return;
    timer = setTimeout(async () => {
      const before = replies;
      // If this process itself was blocked, the replies are read only now.
      await nextRound();
      if (before === replies) onSilence(new Error(`no answer for ${REPLY_TIMEOUT_MS} ms`));
    }, REPLY_TIMEOUT_MS);
  }

  return {
    get isExpecting() {
      return pending > 0;
    },
    expect() {
      pending += 1;
      if (pending === 1) restart();
    },
    receive() {
      pending -= 1;
      replies += 1;
      restart();
    },
    stop: () => clearTimeout(timer),
  };
}
