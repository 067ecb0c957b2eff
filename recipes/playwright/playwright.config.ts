// Playwright starts the simulator and the application under test, and stops them with its tests.
import { defineConfig } from '@playwright/test';

const VIDEOCALL = 'http://127.0.0.1:4010';
const SHOP = 'http://localhost:3000';

export default defineConfig({
  use: { baseURL: SHOP },
  webServer: [
    { command: 'npx --no-install mock-veridas start --scenario manual', url: `${VIDEOCALL}/__admin/health` },
    {
      command: 'npm start',
      url: SHOP,
      env: {
        VIDEOCALL_URL: VIDEOCALL,
        VIDEOCALL_BROWSER_URL: 'http://videocall.localhost:4010',
        CLIENT_ID: 'sandbox-client',
        CLIENT_SECRET: 'sandbox-secret',
      },
    },
  ],
});
