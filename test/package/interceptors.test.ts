import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { explainMissingInterceptors, INTERCEPTORS } from '../support/interceptors.ts';

const exec = promisify(execFile);
const LIBRARY = pathToFileURL(path.join(import.meta.dirname, '../../dist/index.js')).href;
const missing = explainMissingInterceptors();

/** Starts an interceptor, then loads the library, and returns the error of `use`, or what it returns. */
async function runIntercepted(name: string, start: string, use: string): Promise<string> {
  const file = path.join(INTERCEPTORS, `${name}.mjs`);
  writeFileSync(
    file,
    `${start}
    const { connectMock, startMock } = await import('${LIBRARY}');
    const use = async () => { ${use} };
    console.log(await use().catch((error) => error.message));
    process.exit();`,
  );
  return (await exec(process.execPath, [file])).stdout;
}

const CONNECT = "await connectMock('http://127.0.0.1:9')";
const TOKEN = 'const mock = await startMock(); return mock.token()';
const MSW = "import { setupServer } from 'msw/node'; import { http, HttpResponse } from 'msw';";
const NOCK = "import nock from 'nock';";
const MSW_ANSWERS = `${MSW} setupServer(http.all('*', () => HttpResponse.json({}))).listen();`;

describe.skipIf(missing !== undefined)(`msw and nock${missing ? ` (${missing})` : ''}`, () => {
  it.each([
    ['nock that forbids connections to connectMock', 'c', `${NOCK} nock.disableNetConnect();`, CONNECT],
    ['nock that forbids connections to the token endpoint', 'd', `${NOCK} nock.disableNetConnect();`, TOKEN],
    [
      'nock that answers connectMock',
      'e',
      `${NOCK} nock('http://127.0.0.1:9').persist().get(/.*/).reply(200, {});`,
      CONNECT,
    ],
  ])('names %s', async (_, name, start, use) => {
    const output = await runIntercepted(name, start, use);
    expect(output).toContain('msw or nock intercepts the requests of this process');
    expect(output).not.toContain('start one with');
  });

  it.each([
    ['answers every request', 'a', MSW_ANSWERS],
    ['bypasses its requests', 'b', `${MSW} setupServer().listen({ onUnhandledRequest: 'bypass' });`],
  ])('lets the library reach a simulator beside an msw that %s', async (_, name, start) => {
    expect(await runIntercepted(name, start, TOKEN)).toMatch(/^\w{30}\n$/);
    expect(await runIntercepted(name, start, CONNECT)).toContain('start one with');
  });
});
