import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'test',
    // Browsers and processes start slowly on a small, busy machine; no test waits for time to pass.
    testTimeout: 90_000,
    // Much of the time is spent waiting for browsers and processes: with two workers a quarter of two cores is idle.
    maxWorkers: 3,
    isolate: false,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
