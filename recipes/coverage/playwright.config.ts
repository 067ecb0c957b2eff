// `exec` starts the simulator, and tells the application under test its address and credentials.
import { defineConfig } from '@playwright/test';

const SHOP = 'http://localhost:3000';

export default defineConfig({
  // The situations share the client of the application, and its clock.
  workers: 1,
  use: { baseURL: SHOP },
  webServer: { command: 'npm start', url: SHOP },
});
