import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'test',
    // Browsers and processes start slowly on a small, busy machine; no test waits for time to pass.
    testTimeout: 90_000,
    // Most of the time is spent waiting for browsers and processes; one worker would leave half a small machine idle.
    maxWorkers: 2,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 30_000 } },
  },
});
