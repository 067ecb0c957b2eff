import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    dir: 'test',
    // Browsers and processes start slowly on a small machine; no test waits for time to pass.
    testTimeout: 30_000,
    hookTimeout: 90_000,
    expect: { poll: { timeout: 15_000 } },
  },
});
