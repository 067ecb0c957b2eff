// Playwright starts the application. The fixture uses the simulator of `exec`, which says at the end what was not played.
import { defineConfig } from '@playwright/test';

const SHOP = 'http://localhost:3000';

export default defineConfig({
  fullyParallel: true,
  workers: 4,
  // A machine of CI may be slow.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  use: { baseURL: SHOP },
  webServer: { command: 'npm start', url: SHOP, timeout: 180_000 },
});
