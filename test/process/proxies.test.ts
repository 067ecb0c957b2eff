import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { explainMissingNode, findNodeProgram } from '../support/nodes.ts';
import { type RealProcess, startProcess } from '../support/real-process.ts';
import { explainMissingTool } from '../support/tools.ts';

/** A proxy in the environment must never see a request to this machine: it would get the client's secret. */

const ROOT = path.join(import.meta.dirname, '../..');
const COMMAND = path.join(ROOT, 'dist/mock-veridas.cjs');
const PACT = path.join(ROOT, 'contracts/guide-backend--videocall-manager.json');

/** What a package does that makes every request of a process use a proxy: it replaces the agent and the functions. */
const PROXY_PACKAGE = `
const http = require('node:http');
const net = require('node:net');
class ProxyAgent extends http.Agent {
  createConnection(options, done) {
    return net.connect(Number(process.env.TEST_PROXY_PORT), '127.0.0.1', done);
  }
}
const agent = new ProxyAgent();
http.globalAgent = agent;
for (const name of ['request', 'get']) {
  const replaced = http[name];
  http[name] = (first, ...rest) =>
    typeof first === 'string' || first instanceof URL
      ? replaced(first, { ...rest[0], agent, createConnection: undefined }, ...rest.slice(1))
      : replaced({ ...first, agent, createConnection: undefined }, ...rest);
}
`;

/** What the proxy was asked for. */
const asked: string[] = [];
const proxy = createServer((request, response) => {
  asked.push(`${request.method} ${request.url}`);
  response.writeHead(502).end();
});
proxy.on('connect', ({ url }, socket) => {
  asked.push(`CONNECT ${url}`);
  socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n');
});

let folder = '';
let mock: RealProcess;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-proxies-'));
  writeFileSync(path.join(folder, 'proxy-package.cjs'), PROXY_PACKAGE);
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const names = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]);
  // biome-ignore lint/style/noProcessEnv: the child needs PATH
  const { PATH = '' } = process.env;
  environment = {
    PATH,
    HOME: folder,
    TEST_PROXY_PORT: String(port),
    ...Object.fromEntries(names.map((name) => [name, url])),
  };
  mock = await startProcess();
});
afterAll(async () => {
  await mock.stop();
  proxy.close();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  asked.length = 0;
});

/** Runs a program in the folder of the test, behind the proxy. */
const run = (program: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    execFile(program, args, { cwd: folder, env: { ...environment, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), output: stdout + stderr }),
    );
  });

const LIBRARY = `
import { startMock, connectMock } from ${JSON.stringify(path.join(ROOT, 'dist/index.js'))};
await using mock = await startMock();
const connected = await connectMock(mock.adminUrl);
console.log((await connected.token()).length, (await connected.findings()).length);
await mock.close();
`;

const NODE_24 = findNodeProgram(24);
const WAYS: readonly (readonly [string, string, () => Readonly<Record<string, string>>])[] = [
  ['NODE_USE_ENV_PROXY on Node 24', NODE_24, () => ({ NODE_USE_ENV_PROXY: '1' })],
  ['--use-env-proxy on Node 24', NODE_24, () => ({ NODE_OPTIONS: '--use-env-proxy' })],
  [
    'a package that replaces http.globalAgent and http.request',
    process.execPath,
    () => ({ NODE_OPTIONS: `--require ${path.join(folder, 'proxy-package.cjs')}` }),
  ],
];

describe.each(WAYS)('with %s', (_, node, env) => {
  const missing = node === NODE_24 ? explainMissingNode(24) : undefined;
  const test = (title: string, body: () => Promise<void>) =>
    it.skipIf(missing)(missing === undefined ? title : `${title} (${missing})`, body);
  const command = (...args: readonly string[]) => run(node, [COMMAND, ...args], env());

  test('healthcheck asks the simulator without the proxy', async () => {
    const { port } = new URL(mock.url);
    expect(await command('healthcheck', '--port', port)).toMatchObject({ code: 0 });
    expect(asked).toEqual([]);
  });

  test('exec with a report exits with the code of its command', async () => {
    const script = ['--report', 'report', '--', 'sh', '-c', 'exit 7'];
    const { code, output } = await command('exec', '--strict', ...script);
    expect([code, output]).toEqual([7, expect.stringContaining('wrote ')]);
    expect(asked).toEqual([]);
  });

  test('report asks the simulator without the proxy', async () => {
    expect(await command('report', '--target', mock.url)).toMatchObject({ code: 0 });
    expect(asked).toEqual([]);
  });

  test('verify uses the proxy neither for its target nor for its own servers', async () => {
    expect(await command('verify', PACT, '--target', mock.url)).toMatchObject({ code: 0 });
    expect(await command('verify', PACT)).toMatchObject({ code: 0 });
    expect(asked).toEqual([]);
  });

  test('verify asks a broker and an address on this machine without the proxy', async () => {
    for (const host of ['127.0.0.1', 'localhost', '[::1]']) {
      const url = mock.url.replace('127.0.0.1', host);
      const answered = await command('verify', `${url}/pact.json`);
      expect([answered.code, answered.output]).toEqual([2, expect.stringContaining('answered 404')]);
      const { code, output } = await command('verify', '--broker-url', url);
      expect([code, output]).toEqual([2, expect.stringContaining('answered 404')]);
    }
    expect(asked).toEqual([]);
  });

  test('the library asks the simulator without the proxy', async () => {
    writeFileSync(path.join(folder, 'library.mjs'), LIBRARY.replace('await using', 'const'));
    expect(await run(node, ['library.mjs'], env())).toEqual({ code: 0, output: '30 0\n' });
    expect(asked).toEqual([]);
  });
});

describe('the command of exec', () => {
  /** Runs a shell script under `exec`. */
  /** Runs a script, and returns its output without the line about coverage. */
  async function underExec(
    script: string,
    env?: Readonly<Record<string, string>>,
    ...flags: readonly string[]
  ) {
    const ran = await run(process.execPath, [COMMAND, 'exec', ...flags, '--', 'sh', '-c', script], env);
    return { ...ran, output: ran.output.replace(/^mock-veridas: coverage .*\n/m, '') };
  }

  const LISTS = '127.0.0.1,localhost,::1,[::1],.localhost';
  it.each<[string, Readonly<Record<string, string>>, upper: string, lower: string]>([
    ['neither is set', {}, LISTS, LISTS],
    ['one is set', { NO_PROXY: 'corp.example' }, `corp.example,${LISTS}`, `corp.example,${LISTS}`],
    [
      'the other is set',
      { no_proxy: '.corp, 10.0.0.0/8' },
      `.corp, 10.0.0.0/8,${LISTS}`,
      `.corp, 10.0.0.0/8,${LISTS}`,
    ],
    ['both differ', { NO_PROXY: 'upper', no_proxy: 'lower' }, `upper,${LISTS}`, `lower,${LISTS}`],
    ['every host is named', { NO_PROXY: '*', no_proxy: 'lower' }, '*', `lower,${LISTS}`],
    ['the list ends in a comma', { NO_PROXY: ' a, ' }, `a,${LISTS}`, `a,${LISTS}`],
    [
      'some are named',
      { no_proxy: 'localhost ::1' },
      'localhost ::1,127.0.0.1,[::1],.localhost',
      'localhost ::1,127.0.0.1,[::1],.localhost',
    ],
    ['both are empty', { NO_PROXY: '', no_proxy: ' ' }, LISTS, LISTS],
  ])('gets NO_PROXY and no_proxy with this machine in them when %s', async (_, env, upper, lower) => {
    const { output } = await underExec('printf "%s\\n" "$NO_PROXY" "$no_proxy"', env);
    expect(output).toBe(`${upper}\n${lower}\n`);
  });

  it('gets the address of the simulator in NO_PROXY', async () => {
    const { output } = await underExec('echo "$no_proxy"', {}, '--host', '127.0.0.2');
    expect(output).toBe(`${LISTS},127.0.0.2\n`);
  });

  const noCurl = explainMissingTool('curl');
  it.skipIf(noCurl)(
    `sends the secret with curl to the simulator and not to the proxy${noCurl ? ` (${noCurl})` : ''}`,
    async () => {
      const token =
        'curl -sS -d grant_type=client_credentials -u "$CLIENT_ID:$CLIENT_SECRET" "$URL/o/token/" -o /dev/null -w "%{http_code}\\n"';
      const urls = ['$VIDEOCALL_URL', '$VIDEOCALL_BROWSER_URL'];
      const others = ['localhost', '[::1]'].map(
        (host) => `$(echo $VIDEOCALL_URL | sed "s/127.0.0.1/${host}/")`,
      );
      const script = [...urls, ...others].map((url) => `URL=${url}; ${token}`).join('; ');
      expect(await underExec(script)).toEqual({ code: 0, output: '200\n'.repeat(4) });
      expect(asked).toEqual([]);
    },
  );

  const noRequests = explainMissingTool('requests-oauthlib');
  it.skipIf(noRequests)(
    `sends the secret with Python's requests to the simulator and not to the proxy${noRequests ? ` (${noRequests})` : ''}`,
    async () => {
      writeFileSync(path.join(folder, 'request.py'), PYTHON);
      expect(await underExec('python3 request.py')).toEqual({ code: 0, output: '200\n' });
      expect(asked).toEqual([]);
    },
  );

  it.skipIf(noCurl)('still uses the proxy for every other host', async () => {
    await underExec('curl -sS -o /dev/null http://service.example/');
    expect(asked).toEqual(['GET http://service.example/']);
  });
});

const PYTHON = `
import os, requests
answer = requests.post(
    os.environ["VIDEOCALL_URL"] + "/o/token/",
    data={"grant_type": "client_credentials"},
    auth=(os.environ["CLIENT_ID"], os.environ["CLIENT_SECRET"]),
)
print(answer.status_code)
`;
