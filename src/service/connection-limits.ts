import { clearTimeout, setTimeout } from '../system/timers.ts';

/** Over HTTP/1.1 a browser opens at most six connections to a host, for all its pages. */

/** The streams of a browser on a shared host. */
const MAX_STREAMS = 2;
/** The polls of a browser that may be held besides. The remaining connections are for pages and reports. */
const MAX_HELD_POLLS = 2;
/** Beyond that, polls are answered after this time, so that all of them have their turn. */
const CROWDED_HOLD_MS = 250;

interface Poll {
  readonly answer: () => void;
  timer?: NodeJS.Timeout;
}

interface Browser {
  streams: number;
  readonly polls: Set<Poll>;
}

/** Keeps connections free for the pages of a browser that share one host. */
export function createConnectionLimits() {
  const browsers = new Map<string, Browser>();

  /** Changes a browser, and again by the returned function. */
  function addTo(key: string, add: (browser: Browser) => void, remove: (browser: Browser) => void) {
    const browser = browsers.get(key) ?? { streams: 0, polls: new Set() };
    browsers.set(key, browser);
    add(browser);
    return () => {
      remove(browser);
      if (browser.streams === 0 && browser.polls.size === 0) browsers.delete(key);
    };
  }

  return {
    /** Counts a stream until the returned function is called; undefined when the page should poll instead. */
    addStream(key: string): (() => void) | undefined {
      if ((browsers.get(key)?.streams ?? 0) >= MAX_STREAMS) return undefined;
      const change = (by: 1 | -1) => (browser: Browser) => {
        browser.streams += by;
      };
      return addTo(key, change(1), change(-1));
    },

    /** Counts a poll until the returned function is called, and calls `answer` when others wait for its connection. */
    addPoll(key: string, answer: () => void): () => void {
      const poll: Poll = { answer };
      return addTo(
        key,
        ({ polls }) => {
          polls.add(poll);
          if (polls.size <= MAX_HELD_POLLS) return;
          for (const one of polls) one.timer ??= setTimeout(one.answer, CROWDED_HOLD_MS);
        },
        ({ polls }) => {
          polls.delete(poll);
          clearTimeout(poll.timer);
        },
      );
    },
  };
}
