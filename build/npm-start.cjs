/** Loaded before the command by `npm start`. */
const { existsSync } = require('node:fs');
const path = require('node:path');

if (!existsSync(path.join(__dirname, '../dist/mock-veridas.cjs'))) {
  console.error(
    'mock-veridas: is not built: run npm run build; if it does not find tsc, run npm ci --include=dev first',
  );
  process.exit(3);
}

const POLL_MS = 100;
const parent = process.ppid;

// npm passes a signal to its shell only, and some shells end without passing it on.
const timer = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(timer);
  process.kill(process.pid, 'SIGTERM');
}, POLL_MS);
timer.unref();
