import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { buildChanged, type Change } from '../support/changed-command.ts';
import { driveAt } from '../support/drive.ts';
import { COMMAND } from '../support/instances.ts';
import { type RawRequest, sendRaw } from '../support/raw-http.ts';
import { type RealProcess, startProcess } from '../support/real-process.ts';

/** A check that stops an attack. The attack succeeds when the check is removed. */
interface Guard {
  readonly guard: string;
  /** Other checks that stop the attack before this one, and are removed as well. */
  readonly outerGuards?: readonly Change[];
  readonly removal: readonly Change[];
  readonly flags?: readonly string[];
  /** Resolves to true if the attack succeeds. */
  attack(server: RealProcess): Promise<boolean>;
}

const send = ({ url }: RealProcess, request: Partial<RawRequest>) =>
  sendRaw(url, { method: 'GET', path: '/', ...request });
const json = (path: string, body: string, method = 'POST'): RawRequest => ({
  method,
  path,
  body: Buffer.from(body),
  headers: [['Content-Type', 'application/json']],
});
/** A simple request: a page of any site may send it without a CORS preflight. */
const simple = (path: string, body: string): RawRequest => ({
  ...json(path, body),
  headers: [
    ['Content-Type', 'text/plain'],
    ['Origin', 'http://evil.example'],
  ],
});
const callOf = async ({ url }: RealProcess) => {
  const token = await driveAt({ url, adminUrl: `${url}/__admin` }).token();
  return `/call?access_token=${token}&validation_id=val-1`;
};

const NO_ORIGIN_CHECK: Change = {
  file: 'control/guard.ts',
  snippet: 'headers.origin !== undefined &&',
  replacement: 'false &&',
};
const NO_PROXY_CHECK: Change = {
  file: 'control/guard.ts',
  snippet: 'const header = findProxyHeader(headers);',
  replacement: 'const header = undefined;',
};
const NO_HOST_CHECK: Change = {
  file: 'service/call.ts',
  snippet: "HOST_PATTERN.test(request.headers.host ?? '')",
  replacement: 'true',
};
const SCRIPT = '<script>alert(1)</script>';

const SERVER_GUARDS: readonly Guard[] = [
  {
    guard: 'the control API rejects foreign hosts, against DNS rebinding',
    removal: [
      {
        file: 'control/guard.ts',
        snippet: '!isLoopback(parseHost(headers.host))',
        replacement: 'false',
      },
    ],
    attack: async (server) =>
      (await send(server, { path: '/__admin/clients', headers: [['Host', 'evil.example']] })).status === 200,
  },
  {
    guard: 'the control API rejects requests that a proxy on this machine forwards',
    removal: [{ file: 'control/guard.ts', snippet: 'header !== undefined', replacement: 'false' }],
    attack: async (server) =>
      (await send(server, { path: '/__admin/clients', headers: [['X-Forwarded-For', '203.0.113.7']] }))
        .status === 200,
  },
  {
    guard: 'the control API rejects requests from pages of other sites',
    removal: [NO_ORIGIN_CHECK],
    attack: async (server) => (await send(server, simple('/__admin/clients', '{}'))).status === 201,
  },
  {
    guard: 'the demo rejects requests from pages of other sites',
    removal: [NO_ORIGIN_CHECK],
    attack: async (server) =>
      (await send(server, simple('/__demo/calls', '{"scenario":"happy"}'))).status === 200,
  },
  {
    guard: 'the console rejects requests from pages of other sites',
    removal: [NO_ORIGIN_CHECK],
    attack: async (server) =>
      (await send(server, { path: '/__console/', headers: [['Origin', 'http://evil.example']] })).status ===
      200,
  },
  {
    guard: 'the control API checks the password of other machines',
    flags: ['--host', '0.0.0.0', '--admin-password', 'right'],
    removal: [{ file: 'control/guard.ts', snippet: 'matches.includes(false)', replacement: 'false' }],
    attack: async (server) =>
      (
        await send(server, {
          path: '/__admin/clients',
          headers: [['Authorization', `Basic ${btoa('admin:wrong')}`]],
        })
      ).status === 200,
  },
  {
    guard: 'the documentation reads only its own files',
    removal: [{ file: 'control/docs.ts', snippet: '!listFiles().includes(file)', replacement: 'false' }],
    attack: async (server) =>
      (await send(server, { path: '/__docs/..%2fpackage.json' })).body.includes('peerDependencies'),
  },
  {
    guard: 'the call page leaves an invalid host out of its policy',
    removal: [NO_HOST_CHECK],
    async attack(server) {
      const headers = [['Host', 'x; script-src *']] as const;
      const answer = await send(server, { path: await callOf(server), headers });
      return (answer.headers['content-security-policy'] ?? '').includes('script-src *');
    },
  },
  {
    guard: 'the demo leaves an invalid protocol out of its redirect',
    flags: ['--trust-proxy', '127.0.0.1'],
    outerGuards: [NO_PROXY_CHECK],
    removal: [
      {
        file: 'service/call-origins.ts',
        snippet: "protocol === 'https' ? 'https' : 'http'",
        replacement: "protocol as 'https'",
      },
    ],
    async attack(server) {
      const headers = [
        ['Host', 'videocall.localhost'],
        ['X-Forwarded-Proto', 'http://evil.example/#'],
      ] as const;
      const answer = await send(server, { path: '/__demo/', headers });
      return (answer.headers.location ?? '').startsWith('http://evil.example/');
    },
  },
  {
    guard: 'the call page escapes HTML',
    outerGuards: [NO_HOST_CHECK],
    removal: [
      { file: 'pages/html.ts', snippet: 'ENTITIES[character] ?? character', replacement: 'character' },
    ],
    async attack(server) {
      const answer = await send(server, { path: await callOf(server), headers: [['Host', SCRIPT]] });
      return answer.body.includes(SCRIPT);
    },
  },
  {
    guard: 'a page escapes JSON that would end its script',
    removal: [{ file: 'pages/html.ts', snippet: '[<>&\\u2028\\u2029]', replacement: '[]' }],
    async attack(server) {
      const answer = await send(server, {
        path: `/call/foreign?data=${encodeURIComponent(`</script>${SCRIPT}`)}`,
      });
      return answer.body.includes(SCRIPT);
    },
  },
  {
    guard: 'the control API rejects JSON with a key __proto__',
    removal: [
      {
        file: 'control/guard.ts',
        snippet: "getDefaultJsonParser('error', 'error')",
        replacement: "getDefaultJsonParser('ignore', 'ignore')",
      },
    ],
    attack: async (server) =>
      (await send(server, json('/__admin/provider-states', '{"state":"x","params":{"__proto__":{}}}')))
        .status !== 400,
  },
  {
    guard: 'the token endpoint ignores a charset named like an object property',
    removal: [
      {
        file: 'service/django/charset.ts',
        snippet: 'Object.hasOwn(CHARSET_OVERRIDES, label)',
        replacement: 'CHARSET_OVERRIDES[label] !== undefined',
      },
    ],
    async attack(server) {
      const answer = await send(server, {
        method: 'POST',
        path: '/o/token/',
        headers: [['Content-Type', 'application/x-www-form-urlencoded; charset=constructor']],
        body: Buffer.from('grant_type=client_credentials'),
      });
      return answer.status === 500;
    },
  },
  {
    guard: 'the control API limits the size of a body',
    removal: [
      { file: 'control/guard.ts', snippet: 'bodyLimit: MAX_BODY_BYTES', replacement: 'bodyLimit: 1e9' },
    ],
    attack: async (server) =>
      (await send(server, json('/__admin/clients', `{}${' '.repeat(2 ** 21)}`))).status === 201,
  },
  {
    guard: 'the control API rejects a scenario name that is a path',
    removal: [
      {
        file: 'control/schema/scenario-format.ts',
        snippet: "ScenarioName = Type.String({\n  pattern: '^[a-z][a-z0-9-]{0,63}$'",
        replacement: "ScenarioName = Type.String({\n  pattern: '.'",
      },
    ],
    attack: async (server) =>
      (await send(server, json('/__admin/scenarios/..%2F..%2Fx', '{"name":"../../x","steps":[]}', 'PUT')))
        .status < 300,
  },
  {
    guard: 'the log replaces line breaks from requests',
    flags: ['--log-level', 'info'],
    removal: [{ file: 'server/log.ts', snippet: ".replace(/\\p{Cc}+/gu, ' ')", replacement: '' }],
    async attack(server) {
      await send(server, { path: '/x%0Amock-veridas:%20error:%20forged' });
      return /^mock-veridas: error: forged/m.test(server.getErrors());
    },
  },
];

describe('server guards', () => {
  it.each(SERVER_GUARDS)(
    'stops an attack only because $guard',
    async ({ guard, outerGuards = [], removal, flags = [], attack }) => {
      const attackSucceeds = async (changes: readonly Change[], name: string) => {
        const command = changes.length === 0 ? COMMAND : await buildChanged(`${name} ${guard}`, changes);
        const server = await startProcess({ command, flags });
        try {
          return await attack(server);
        } finally {
          await server.stop();
          if (command !== COMMAND) rmSync(command);
        }
      };
      expect(await attackSucceeds(outerGuards, 'with')).toBe(false);
      expect(await attackSucceeds([...outerGuards, ...removal], 'without')).toBe(true);
    },
  );
});

/** A check that rejects a file. Without it, the expected error does not occur. */
interface FileGuard {
  readonly guard: string;
  readonly removal: readonly Change[];
  readonly file: string;
  /** The expected error. */
  readonly refused: RegExp;
}

const BILLION_LAUGHS = [
  'name: bomb',
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...[...'bcdef'].map(
    (name, at) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcde'[at]}`).join(', ')}]`,
  ),
].join('\n');

const FILE_GUARDS: readonly FileGuard[] = [
  {
    guard: 'aliases are limited',
    removal: [
      { file: 'options/yaml/syntax.ts', snippet: 'MAX_ALIASES = 100', replacement: 'MAX_ALIASES = 1e9' },
    ],
    file: BILLION_LAUGHS,
    refused: /expand to too many|is the alias after/,
  },
  {
    guard: 'the depth of nesting is limited',
    removal: [{ file: 'options/yaml/syntax.ts', snippet: 'MAX_DEPTH = 100', replacement: 'MAX_DEPTH = 1e9' }],
    file: `name: bomb\nsteps: ${'['.repeat(20_000)}`,
    refused: /nested deeper/,
  },
  {
    guard: 'the size of a file is limited',
    removal: [
      {
        file: 'options/yaml/file.ts',
        snippet: 'MAX_FILE_BYTES = 1_000_000',
        replacement: 'MAX_FILE_BYTES = 1e9',
      },
    ],
    file: `name: bomb\nsteps: []\n${'# nothing\n'.repeat(200_000)}`,
    refused: /is larger than/,
  },
];

describe('file guards', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-guards-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** Runs `validate` on the file and returns its output. */
  function validate(command: string, file: string): string {
    try {
      return execFileSync(process.execPath, [command, 'validate', file], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  }

  it.each(FILE_GUARDS)(
    'rejects a file only because $guard',
    async ({ guard, removal, file: text, refused }) => {
      const file = path.join(folder, 'bomb.yaml');
      writeFileSync(file, text);
      expect(validate(COMMAND, file)).toMatch(refused);
      const command = await buildChanged(guard, removal);
      try {
        expect(validate(command, file)).not.toMatch(refused);
      } finally {
        rmSync(command);
      }
    },
  );
});
