import { execFile } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { instant } from '../../src/domain/time.ts';
import { ensureLocalCertificate } from '../../src/server/certificate.ts';
import { explainMissingTool, type Tool } from '../support/tools.ts';

/** A machine of a company, whose own authority signs what its servers show. */

const COMMAND = path.join(import.meta.dirname, '../../dist/mock-veridas.cjs');

let folder = '';
let company: Server;
let companyCa = '';
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-company-'));
  const identity = await ensureLocalCertificate(
    path.join(folder, 'company'),
    ['localhost'],
    instant(Date.now()),
  );
  companyCa = identity.caFile ?? '';
  company = createServer(identity, (_, response) => response.end('company'));
  await new Promise<void>((resolve) => company.listen(0, '127.0.0.1', resolve));
  // Windows editors begin a file so, and OpenSSL does not find the certificate behind it.
  writeFileSync(path.join(folder, 'bom.pem'), `\uFEFF${readFileSync(companyCa, 'utf8').trim()}`);
  writeFileSync(path.join(folder, 'no-certificate.pem'), 'hello');
  const damaged = readFileSync(companyCa, 'utf8').replace('MII', 'M!I');
  writeFileSync(path.join(folder, 'damaged.pem'), damaged);
  mkdirSync(path.join(folder, 'certificates'));
  copyFileSync(companyCa, path.join(folder, 'certificates/company.pem'));
});
afterAll(() => {
  company.close();
  rmSync(folder, { recursive: true });
});

/** Runs a program under `exec --https`. */
const underExec = (
  program: readonly string[],
  env: Readonly<Record<string, string>> = {},
  ...flags: readonly string[]
) =>
  new Promise<{ code: number; output: string; errors: string }>((resolve) => {
    // biome-ignore lint/style/noProcessEnv: the child needs PATH
    const { PATH = '' } = process.env;
    const { port } = company.address() as AddressInfo;
    const surroundings = { PATH, HOME: folder, COMPANY: `https://localhost:${port}`, ...env };
    const args = [COMMAND, 'exec', ...(flags.length > 0 ? flags : ['--https']), '--', ...program];
    execFile(process.execPath, args, { cwd: folder, env: surroundings }, (error, output, errors) =>
      resolve({
        code: error === null ? 0 : Number(error.code ?? 1),
        output,
        // The line about coverage is about the simulator.
        errors: errors.replace(/^mock-veridas: coverage .*\n/m, ''),
      }),
    );
  });

/** Asks both servers by `fetch`. */
const NODE = [
  process.execPath,
  '-e',
  `const urls = [process.env.VIDEOCALL_URL + '/__admin/health', process.env.COMPANY];
   const ask = (url) => fetch(url).then(({ status }) => status, ({ cause }) => cause.code);
   (async () => { for (const url of urls) console.log(await ask(url)); })();`,
];
const CURL = [
  'sh',
  '-c',
  'for url in $VIDEOCALL_URL/__admin/health $COMPANY; do curl -s -o /dev/null -w "%{http_code}\\n" $url; done',
];

/** How programs in other languages take the file, as docs/how-to/https.md says. */
const LANGUAGES: readonly (readonly [Tool, string])[] = [
  ['curl', 'CURL_CA_BUNDLE=$VIDEOCALL_CA_FILE curl -s -o /dev/null -w "%{http_code}\\n" $URL'],
  [
    'python',
    'SSL_CERT_FILE=$VIDEOCALL_CA_FILE python3 -c "import os, urllib.request as u; print(u.urlopen(os.environ[\'URL\']).status)"',
  ],
  [
    'requests-oauthlib',
    'REQUESTS_CA_BUNDLE=$VIDEOCALL_CA_FILE python3 -c "import os, requests; print(requests.get(os.environ[\'URL\']).status_code)"',
  ],
  [
    'ruby',
    'SSL_CERT_FILE=$VIDEOCALL_CA_FILE ruby -rnet/http -e \'puts Net::HTTP.get_response(URI(ENV["URL"])).code\'',
  ],
  [
    'php',
    'php -d curl.cainfo=$VIDEOCALL_CA_FILE -r \'$c = curl_init(getenv("URL")); curl_setopt($c, CURLOPT_RETURNTRANSFER, 1); curl_exec($c); echo curl_getinfo($c, CURLINFO_HTTP_CODE), "\\n";\'',
  ],
  [
    'php',
    'php -d openssl.cafile=$VIDEOCALL_CA_FILE -r \'file_get_contents(getenv("URL")); echo explode(" ", $http_response_header[0])[1], "\\n";\'',
  ],
];

describe('exec --https', () => {
  it.each([
    ['an absolute path', () => companyCa],
    ['a path in the working directory', () => 'company/ca.pem'],
    ['a file with a byte order mark and without a last line end', () => 'bom.pem'],
  ])('lets Node trust the simulator and the authority in NODE_EXTRA_CA_CERTS by %s', async (_, file) => {
    const { code, output, errors } = await underExec(NODE, { NODE_EXTRA_CA_CERTS: file() });
    expect({ code, output, errors }).toEqual({ code: 0, output: '200\n200\n', errors: '' });
  });

  it.each([
    ['missing.pem', 'cannot be read (ENOENT)'],
    ['certificates', 'cannot be read (EISDIR)'],
    ['no-certificate.pem', 'holds no certificate as PEM'],
    ['damaged.pem', 'holds a damaged certificate'],
  ])('warns of NODE_EXTRA_CA_CERTS=%s and lets Node trust the simulator', async (file, problem) => {
    const { code, output, errors } = await underExec(NODE, { NODE_EXTRA_CA_CERTS: file });
    const [name, end] = [
      path.join(folder, file),
      'the command trusts the authority of the simulator without it',
    ];
    // Node itself warns too.
    expect(errors).toContain(`mock-veridas: NODE_EXTRA_CA_CERTS: ${name} ${problem}; ${end}\n`);
    expect([code, output]).toEqual([0, expect.stringMatching(/^200\n/)]);
  });

  it('names the same file in VIDEOCALL_CA_FILE, with the authority of the simulator first', async () => {
    const script = ['sh', '-c', 'echo $VIDEOCALL_CA_FILE $NODE_EXTRA_CA_CERTS; cat $VIDEOCALL_CA_FILE'];
    const { output } = await underExec(script, { NODE_EXTRA_CA_CERTS: companyCa });
    const [names = '', ...lines] = output.split('\n');
    const [file = '', same] = names.split(' ');
    expect([same, existsSync(file)]).toEqual([file, false]);
    const simulatorCa = path.join(folder, '.mock-veridas/localhost/ca.pem');
    const both = [simulatorCa, companyCa].map((one) => readFileSync(one, 'utf8').trim());
    expect(lines.join('\n').trim()).toBe(both.join('\n'));
  });

  it('names the authority of the simulator when no other is set', async () => {
    const { output } = await underExec([
      'sh',
      '-c',
      'echo $VIDEOCALL_CA_FILE $NODE_EXTRA_CA_CERTS "$SSL_CERT_FILE"',
    ]);
    const file = path.join(folder, '.mock-veridas/localhost/ca.pem');
    expect(output).toBe(`${file} ${file} \n`);
  });

  it('sets none of the variables for a certificate that was given', async () => {
    const flags = ['cert', 'key'].flatMap((name) => [`--${name}`, path.join(folder, `company/${name}.pem`)]);
    const env = { NODE_EXTRA_CA_CERTS: companyCa };
    const { output } = await underExec(
      ['sh', '-c', 'echo $NODE_EXTRA_CA_CERTS "$VIDEOCALL_CA_FILE"'],
      env,
      ...flags,
    );
    expect(output).toBe(`${companyCa} \n`);
  });

  const noCurl = explainMissingTool('curl');
  it.skipIf(noCurl).each(['CURL_CA_BUNDLE', 'SSL_CERT_FILE'])(
    'lets curl trust the simulator and the authority in %s',
    async (variable) => {
      expect(await underExec(CURL, { [variable]: companyCa })).toEqual({
        code: 0,
        output: '200\n200\n',
        errors: '',
      });
    },
  );

  for (const [tool, script] of LANGUAGES) {
    const missing = explainMissingTool(tool);
    const title = `lets a program trust the simulator by ${script.split(' ', 4).join(' ')}`;
    it.skipIf(missing)(missing === undefined ? title : `${title} (${missing})`, async () => {
      const lines = `export URL=$VIDEOCALL_URL/__admin/health\n${script}`;
      const { output } = await underExec(['sh', '-c', lines], { NODE_EXTRA_CA_CERTS: companyCa });
      expect(output).toBe('200\n');
    });
  }

  it('leaves a folder of certificates as it is, and says what it lacks', async () => {
    const certificates = path.join(folder, 'certificates');
    const { output, errors } = await underExec(['sh', '-c', 'echo $REQUESTS_CA_BUNDLE'], {
      REQUESTS_CA_BUNDLE: certificates,
    });
    expect(output).toBe(`${certificates}\n`);
    expect(errors).toBe(
      `mock-veridas: REQUESTS_CA_BUNDLE: ${certificates} cannot be read (EISDIR); it does not get the authority of the simulator\n`,
    );
  });
});
