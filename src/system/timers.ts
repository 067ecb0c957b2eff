import timers from 'node:timers';
import promises from 'node:timers/promises';

// Captured at load time: fake timers of a test replace globals and the properties of `node:timers` later.

export const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate } = timers;
export const { setTimeout: pause, setImmediate: nextRound } = promises;

const { queueMicrotask } = globalThis;
const { nextTick } = process;

/** Runs `start` with the real queueMicrotask and nextTick: Fastify, which loads plugins by them, looks them up each time. */
export async function withRealMicrotasks<T>(start: () => Promise<T>): Promise<T> {
  const replaced = { queueMicrotask: globalThis.queueMicrotask, nextTick: process.nextTick };
  globalThis.queueMicrotask = queueMicrotask;
  process.nextTick = nextTick;
  try {
    return await start();
  } finally {
    globalThis.queueMicrotask = replaced.queueMicrotask;
    process.nextTick = replaced.nextTick;
  }
}
