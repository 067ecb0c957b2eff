import timers from 'node:timers';
import promises from 'node:timers/promises';

// Captured at load time: fake timers of a test replace globals and the properties of `node:timers` later.

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers;
export const { setTimeout: pause, setImmediate: nextRound } = promises;

const { queueMicrotask } = globalThis;

/** Runs `start` with the real queueMicrotask: Fastify, which loads plugins by it, takes it from the global object. */
export async function withRealMicrotasks<T>(start: () => Promise<T>): Promise<T> {
  const replaced = globalThis.queueMicrotask;
  globalThis.queueMicrotask = queueMicrotask;
  try {
    return await start();
  } finally {
    globalThis.queueMicrotask = replaced;
  }
}
