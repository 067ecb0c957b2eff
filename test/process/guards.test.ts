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

/** Something that keeps an attack off, which works as soon as it is taken out. */
interface Guard {
  readonly guard: string;
  /** What it stands behind, which must be out of the way as well to see it work. */
  readonly behind?: readonly Change[];
  readonly takenOut: readonly Change[];
  readonly flags?: readonly string[];
  /** Whether it has worked. */
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
/** A request that a page of any site may send without being asked about it: a simple one. */
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
const NO_HOST_CHECK: Change = {
  file: 'service/call.ts',
  snippet: "HOST_PATTERN.test(request.headers.host ?? '')",
  replacement: 'true',
};
const SCRIPT = '<script>alert(1)</script>';

const OF_THE_SERVER: readonly Guard[] = [
  {
    guard: 'the control API asks for a host of this machine, against DNS that is rebound',
    takenOut: [
      {
        file: 'control/guard.ts',
        snippet: 'credentials === undefined && !isLoopback(parseHost(headers.host))',
        replacement: 'false',
      },
    ],
    attack: async (server) =>
      (await send(server, { path: '/__admin/clients', headers: [['Host', 'evil.example']] })).status === 200,
  },
  {
    guard: 'the control API obeys no page of another site',
    takenOut: [NO_ORIGIN_CHECK],
    attack: async (server) => (await send(server, simple('/__admin/clients', '{}'))).status === 201,
  },
  {
    guard: 'the demo obeys no page of another site',
    takenOut: [NO_ORIGIN_CHECK],
    attack: async (server) =>
      (await send(server, simple('/__demo/calls', '{"scenario":"happy"}'))).status === 200,
  },
  {
    guard: 'the console is no page of another site',
    takenOut: [NO_ORIGIN_CHECK],
    attack: async (server) =>
      (await send(server, { path: '/__console/', headers: [['Origin', 'http://evil.example']] })).status ===
      200,
  },
  {
    guard: 'from other machines the control API asks for a password',
    flags: ['--host', '0.0.0.0', '--admin-password', 'right'],
    takenOut: [{ file: 'control/guard.ts', snippet: 'matches.includes(false)', replacement: 'false' }],
    attack: async (server) =>
      (
        await send(server, {
          path: '/__admin/clients',
          headers: [['Authorization', `Basic ${btoa('admin:wrong')}`]],
        })
      ).status === 200,
  },
  {
    guard: 'a host that is none gets into no policy of the call page',
    takenOut: [NO_HOST_CHECK],
    async attack(server) {
      const headers = [['Host', 'x; script-src *']] as const;
      const answer = await send(server, { path: await callOf(server), headers });
      return (answer.headers['content-security-policy'] ?? '').includes('script-src *');
    },
  },
  {
    guard: 'a protocol that is none gets into no policy of the call page',
    flags: ['--trust-proxy', '127.0.0.1'],
    takenOut: [
      {
        file: 'service/call-origins.ts',
        snippet: "protocol === 'https' ? 'https' : 'http'",
        replacement: "protocol as 'https'",
      },
    ],
    async attack(server) {
      const headers = [['X-Forwarded-Proto', 'x; script-src *']] as const;
      const answer = await send(server, { path: await callOf(server), headers });
      return (answer.headers['content-security-policy'] ?? '').includes('script-src *');
    },
  },
  {
    guard: 'what is written into the call page is no HTML',
    behind: [NO_HOST_CHECK],
    takenOut: [
      { file: 'pages/html.ts', snippet: 'ENTITIES[character] ?? character', replacement: 'character' },
    ],
    async attack(server) {
      const answer = await send(server, { path: await callOf(server), headers: [['Host', SCRIPT]] });
      return answer.body.includes(SCRIPT);
    },
  },
  {
    guard: 'JSON in a script does not end the script',
    takenOut: [{ file: 'pages/html.ts', snippet: '[<>&\\u2028\\u2029]', replacement: '[]' }],
    async attack(server) {
      const answer = await send(server, {
        path: `/call/foreign?data=${encodeURIComponent(`</script>${SCRIPT}`)}`,
      });
      return answer.body.includes(SCRIPT);
    },
  },
  {
    guard: 'no JSON has a key __proto__',
    takenOut: [
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
    guard: 'a charset is none that is named like a property of every object',
    takenOut: [
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
    guard: 'the control API takes no body beyond its limit',
    takenOut: [
      { file: 'control/guard.ts', snippet: 'bodyLimit: MAX_BODY_BYTES', replacement: 'bodyLimit: 1e9' },
    ],
    attack: async (server) =>
      (await send(server, json('/__admin/clients', `{}${' '.repeat(2 ** 21)}`))).status === 201,
  },
  {
    guard: 'the name of a scenario is no path',
    takenOut: [
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
    guard: 'nobody writes a line of their own into the log',
    flags: ['--log-level', 'info'],
    takenOut: [{ file: 'server/log.ts', snippet: ".replace(/\\p{Cc}+/gu, ' ')", replacement: '' }],
    async attack(server) {
      await send(server, { path: '/x%0Amock-veridas:%20error:%20forged' });
      return /^mock-veridas: error: forged/m.test(server.getErrors());
    },
  },
];

describe('a guard of the server keeps an attack off, and nothing else does', () => {
  it.each(OF_THE_SERVER)('$guard', async ({ guard, behind = [], takenOut, flags = [], attack }) => {
    const worked = async (changes: readonly Change[], name: string) => {
      const command = changes.length === 0 ? COMMAND : await buildChanged(`${name} ${guard}`, changes);
      const server = await startProcess({ command, flags });
      try {
        return await attack(server);
      } finally {
        await server.stop();
        if (command !== COMMAND) rmSync(command);
      }
    };
    expect(await worked(behind, 'with')).toBe(false);
    expect(await worked([...behind, ...takenOut], 'without')).toBe(true);
  });
});

/** Something that keeps a file off. */
interface FileGuard {
  readonly guard: string;
  readonly takenOut: readonly Change[];
  readonly file: string;
  /** How it is refused. */
  readonly refused: RegExp;
}

const LAUGHS = [
  'name: bomb',
  'a: &a [x, x, x, x, x, x, x, x, x]',
  ...[...'bcdef'].map(
    (name, at) => `${name}: &${name} [${Array.from({ length: 9 }, () => `*${'abcde'[at]}`).join(', ')}]`,
  ),
].join('\n');

const OF_FILES: readonly FileGuard[] = [
  {
    guard: 'aliases of aliases are not followed',
    takenOut: [
      { file: 'options/yaml/syntax.ts', snippet: 'MAX_ALIASES = 100', replacement: 'MAX_ALIASES = 1e9' },
    ],
    file: LAUGHS,
    refused: /become too many|is the alias after/,
  },
  {
    guard: 'what is nested without end is not descended into',
    takenOut: [
      { file: 'options/yaml/syntax.ts', snippet: 'MAX_DEPTH = 100', replacement: 'MAX_DEPTH = 1e9' },
    ],
    file: `name: bomb\nsteps: ${'['.repeat(20_000)}`,
    refused: /nested deeper/,
  },
  {
    guard: 'a huge file is not read',
    takenOut: [
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

describe('a guard of files keeps one off, and nothing else does', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-guards-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** What `validate` says of the file. */
  function said(command: string, file: string): string {
    try {
      return execFileSync(process.execPath, [command, 'validate', file], { encoding: 'utf8', stdio: 'pipe' });
    } catch (error) {
      return (error as { stderr: string }).stderr;
    }
  }

  it.each(OF_FILES)('$guard', async ({ guard, takenOut, file: text, refused }) => {
    const file = path.join(folder, 'bomb.yaml');
    writeFileSync(file, text);
    expect(said(COMMAND, file)).toMatch(refused);
    const command = await buildChanged(guard, takenOut);
    try {
      expect(said(command, file)).not.toMatch(refused);
    } finally {
      rmSync(command);
    }
  });
});
