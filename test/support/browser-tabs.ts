import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { INSECURE_HOST, launchChromium } from './chromium.ts';
import { findFreePort } from './redis.ts';
import { explainMissingTool, findTool } from './tools.ts';

/** A browser tab, with the features that all drivers share. It accepts every certificate. */
export interface Tab {
  open(url: string): Promise<void>;
  /** Returns the value of a JavaScript expression in the page. */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

export interface TabBrowser {
  newTab(): Promise<Tab>;
  close(): Promise<void>;
}

async function openChromium(): Promise<TabBrowser> {
  const browser = await launchChromium({ executablePath: findTool('chromium') });
  return {
    close: () => browser.close(),
    async newTab() {
      const page = await browser.newPage({ ignoreHTTPSErrors: true });
      return {
        open: async (url) => void (await page.goto(url)),
        evaluate: (expression) => page.evaluate(expression),
        close: () => page.close(),
      };
    },
  };
}

async function openFirefox(): Promise<TabBrowser> {
  const { launch } = await import('puppeteer-core');
  const browser = await launch({
    browser: 'firefox',
    acceptInsecureCerts: true,
    executablePath: findTool('firefox') ?? '',
    extraPrefsFirefox: {
      'media.navigator.streams.fake': true,
      'media.navigator.permission.disabled': true,
      'network.dns.localDomains': INSECURE_HOST,
    },
  });
  return {
    close: () => browser.close(),
    async newTab() {
      const page = await browser.newPage();
      return {
        open: async (url) => void (await page.goto(url)),
        evaluate: (expression) => page.evaluate(expression) as never,
        close: () => page.close(),
      };
    },
  };
}

const START_TIMEOUT_MS = 60_000;

/** Repeats a request until a server answers. */
async function waitUntilUp(url: string): Promise<void> {
  const giveUp = AbortSignal.timeout(START_TIMEOUT_MS);
  for (;;) {
    try {
      await fetch(url);
      return;
    } catch (error) {
      if (giveUp.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** Starts a proxy that resolves every host to this machine, for a browser without its own setting for that. */
async function startLoopbackProxy() {
  const server = createServer((incoming, outgoing) => {
    const { port, pathname, search } = new URL(incoming.url ?? '');
    const { method, headers } = incoming;
    const onward = request(
      { host: '127.0.0.1', port, path: pathname + search, method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}`, close };
}

/** Starts the MiniBrowser of WebKitGTK on a virtual screen, driven by W3C WebDriver. */
async function openWebkit(): Promise<TabBrowser> {
  const port = await findFreePort();
  const proxy = await startLoopbackProxy();
  const home = mkdtempSync(path.join(tmpdir(), 'mock-veridas-webkit-'));
  const xvfb = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x900x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  });
  const display = await new Promise<string>((resolve) => {
    xvfb.stdio[3]?.once('data', (data: Buffer) => resolve(data.toString().trim()));
  });
  const driver = spawn('dbus-run-session', ['--', 'WebKitWebDriver', `--port=${port}`], {
    stdio: 'ignore',
    detached: true,
    env: {
      // biome-ignore lint/style/noProcessEnv: the driver needs the programs that this process finds
      PATH: process.env.PATH,
      HOME: home,
      DISPLAY: `:${display}`,
      // The sandbox needs user namespaces, and root in a container has none.
      WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS: '1',
      LIBGL_ALWAYS_SOFTWARE: '1',
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await waitUntilUp(`${url}/status`);

  const call = async <T>(method: string, route: string, body?: unknown): Promise<T> => {
    const answer = await fetch(`${url}${route}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const { value } = (await answer.json()) as { value: T & { error?: string; message?: string } };
    if (!answer.ok) throw new Error(`WebDriver ${route}: ${value.error} ${value.message}`);
    return value;
  };
  const stop = async () => {
    if (driver.pid !== undefined) process.kill(-driver.pid);
    await new Promise((resolve) => driver.once('exit', resolve));
    xvfb.kill();
    proxy.close();
    rmSync(home, { recursive: true, force: true });
  };
  return {
    close: stop,
    async newTab() {
      const options = {
        binary: findTool('webkit') ?? '',
        args: [
          '--automation',
          '--enable-mock-capture-devices=true',
          `--proxy=${proxy.url}`,
          // The browser resolves these itself.
          ...['localhost', '*.localhost', '127.0.0.1'].map((host) => `--ignore-host=${host}`),
        ],
      };
      const { sessionId } = await call<{ sessionId: string }>('POST', '/session', {
        capabilities: { alwaysMatch: { acceptInsecureCerts: true, 'webkitgtk:browserOptions': options } },
      });
      const session = `/session/${sessionId}`;
      return {
        open: (address) => call('POST', `${session}/url`, { url: address }),
        evaluate: (expression) =>
          call('POST', `${session}/execute/sync`, { script: `return (${expression})`, args: [] }),
        close: () => call('DELETE', session),
      };
    },
  };
}

/** Every browser that the tests drive: how to start it, and why it is missing. */
export const BROWSERS = {
  Chromium: { launch: openChromium, missing: () => explainMissingTool('chromium') },
  Firefox: { launch: openFirefox, missing: () => explainMissingTool('firefox') },
  WebKitGTK: {
    launch: openWebkit,
    missing: () =>
      explainMissingTool('webkit') ??
      explainMissingTool('webkitDriver') ??
      explainMissingTool('xvfb') ??
      explainMissingTool('dbus'),
  },
} as const satisfies Record<string, { launch: () => Promise<TabBrowser>; missing: () => string | undefined }>;
