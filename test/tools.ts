import { existsSync } from 'node:fs';
import path from 'node:path';

/** Programs outside the npm registry that some tests need, with the Debian package that brings them. */
export const TOOLS = {
  chromium: { names: ['chromium', 'chromium-browser', 'google-chrome'], debian: 'chromium' },
  firefox: { names: ['firefox-esr', 'firefox'], debian: 'firefox-esr' },
  webkit: { names: ['MiniBrowser'], debian: 'webkit2gtk-driver' },
  webkitDriver: { names: ['WebKitWebDriver'], debian: 'webkit2gtk-driver' },
  xvfb: { names: ['Xvfb'], debian: 'xvfb' },
  dbus: { names: ['dbus-run-session'], debian: 'dbus' },
  redis: { names: ['redis-server'], debian: 'redis-server' },
  nginx: { names: ['nginx'], debian: 'nginx-light' },
  xmllint: { names: ['xmllint'], debian: 'libxml2-utils' },
  slowhttptest: { names: ['slowhttptest'], debian: 'slowhttptest' },
  curl: { names: ['curl'], debian: 'curl' },
} as const;

export type Tool = keyof typeof TOOLS;

/** WebKitGTK's browser is no command: it lies beside its library. */
const UNUSUAL_FOLDERS = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/webkit2gtk-4.1`);

/** Where a program is, or undefined when this machine has none. */
export function find(tool: Tool): string | undefined {
  // biome-ignore lint/style/noProcessEnv: where programs are is the environment's to say
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), ...UNUSUAL_FOLDERS];
  return TOOLS[tool].names
    .flatMap((name) => folders.map((folder) => path.join(folder, name)))
    .find((file) => existsSync(file));
}

/** Why tests that need a program are skipped, or undefined when they are not. */
export const missing = (tool: Tool): string | undefined =>
  find(tool) === undefined
    ? `${tool} is not installed (Debian: apt-get install ${TOOLS[tool].debian})`
    : undefined;
