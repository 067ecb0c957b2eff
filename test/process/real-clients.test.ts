import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credentials, type Drive, openDrive } from '../support/drive.ts';
import { explainMissingTool, findTool, type Tool } from '../support/tools.ts';

/**
 * OAuth clients that integrators use, unmodified. Each program in `clients/` requests a token, or revokes the token in
 * its argument. It prints the result of its library as one line of JSON, and sends PARAMETERS with a token request.
 */
interface Client {
  readonly name: string;
  readonly program: string;
  readonly needs?: readonly Tool[];
  readonly ways?: readonly string[];
  /** The error that the library raises for a refused token request and for a refused revocation. */
  readonly raises: { readonly token: string; readonly revocation: string };
  /** Its error for a refused token request has no status. */
  readonly withoutStatus?: true;
  /** It can request other grants. */
  readonly anyGrant?: true;
  /** It encodes credentials for Basic (RFC 6749, 2.3.1). */
  readonly encodesBasic?: true;
}

const WAYS = ['client_secret_basic', 'client_secret_post'];

const CLIENTS: readonly Client[] = [
  {
    name: 'curl',
    program: 'curl.sh',
    needs: ['curl'],
    raises: { token: 'exit 22', revocation: 'exit 22' },
    anyGrant: true,
  },
  {
    name: 'openid-client',
    program: 'openid-client.mjs',
    raises: { token: 'ResponseBodyError', revocation: 'ResponseBodyError' },
    encodesBasic: true,
  },
  {
    name: 'oauth4webapi',
    program: 'oauth4webapi.mjs',
    raises: { token: 'ResponseBodyError', revocation: 'ResponseBodyError' },
    encodesBasic: true,
  },
  {
    name: 'simple-oauth2',
    program: 'simple-oauth2.mjs',
    raises: { token: 'Boom', revocation: 'Boom' },
    anyGrant: true,
    encodesBasic: true,
  },
  {
    name: 'requests-oauthlib (Python)',
    program: 'requests_oauthlib_client.py',
    needs: ['requests-oauthlib'],
    raises: { token: 'OAuth2Error', revocation: 'HTTPError' },
  },
  {
    name: 'Authlib (Python)',
    program: 'authlib_client.py',
    needs: ['authlib'],
    raises: { token: 'OAuthError', revocation: 'HTTPError' },
    withoutStatus: true,
    anyGrant: true,
  },
  {
    name: 'golang.org/x/oauth2',
    program: 'oauth2_client.go',
    needs: ['go', 'x/oauth2'],
    ways: [...WAYS, 'auto-detect'],
    raises: { token: '*oauth2.RetrieveError', revocation: '*oauth2.RetrieveError' },
    anyGrant: true,
    encodesBasic: true,
  },
  {
    name: 'oauth2 (Ruby)',
    program: 'oauth2_client.rb',
    needs: ['ruby-oauth2'],
    raises: { token: 'OAuth2::Error', revocation: 'OAuth2::Error' },
  },
  {
    name: 'java.net.http',
    program: 'JavaHttpClient.java',
    needs: ['java'],
    raises: { token: 'nothing', revocation: 'nothing' },
    anyGrant: true,
    encodesBasic: true,
  },
  {
    name: 'ext-curl (PHP)',
    program: 'curl.php',
    needs: ['php', 'php-curl'],
    raises: { token: 'nothing', revocation: 'nothing' },
    anyGrant: true,
  },
  {
    name: 'Guzzle (PHP)',
    program: 'guzzle.php',
    needs: ['php', 'guzzle'],
    raises: { token: 'ClientException', revocation: 'ClientException' },
    anyGrant: true,
  },
];

/** Absolute paths, because Debian's packages work only with Debian's interpreters. */
const INTERPRETERS: Readonly<Record<string, string>> = {
  '.sh': '/bin/sh',
  '.mjs': process.execPath,
  '.py': '/usr/bin/python3',
  '.rb': '/usr/bin/ruby',
  '.php': '/usr/bin/php',
};

/** New versions of Go compile the standard library first, which takes a small machine most of a minute. */
const BUILD_MS = 600_000;

const TOKEN = { token: expect.stringMatching(/^\w{30}$/) };

const run = promisify(execFile);
// biome-ignore lint/style/noProcessEnv: the child process inherits the environment
const env = (more: Record<string, string>) => ({ ...process.env, ...more });

let d: Drive;
let folder: string;
beforeAll(async () => {
  d = await openDrive();
  folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-clients-'));
});
afterAll(async () => {
  await d.mock.close();
  rmSync(folder, { recursive: true });
});

const sourceOf = ({ program }: Client) => path.join(import.meta.dirname, '../clients', program);
const builtOf = ({ program }: Client) => path.join(folder, path.parse(program).name);

function commandOf(client: Client): [string, ...string[]] {
  const extension = path.extname(client.program);
  if (extension === '.go') return [builtOf(client)];
  if (extension === '.java') return ['/usr/bin/java', '-cp', folder, path.basename(builtOf(client))];
  return [INTERPRETERS[extension] as string, sourceOf(client)];
}

/**
 * Debian's packages for Go are no modules: Go finds them through GOPATH. GOFLAGS is empty because -trimpath makes older
 * versions compile the standard library again.
 */
const GO = { GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' };
const BUILDS: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  '.go': (client) =>
    run(findTool('go') ?? 'go', ['build', '-o', builtOf(client), sourceOf(client)], {
      env: env({ ...GO, GOCACHE: path.join(folder, 'cache') }),
    }),
  // `java FILE.java` would compile it at each start.
  '.java': (client) => run(findTool('java') ?? 'javac', ['-d', folder, sourceOf(client)]),
};

/** Runs the program of a client and returns its output. It revokes `token` if there is one. */
async function runClient(
  client: Client,
  way: string,
  { client_id, client_secret }: Credentials,
  { token, parameters }: { token?: string; parameters?: string } = {},
): Promise<unknown> {
  const [program, ...first] = commandOf(client);
  const { stdout } = await run(program, token === undefined ? first : [...first, token], {
    env: env({
      VIDEOCALL_URL: d.mock.url,
      CLIENT_ID: client_id,
      CLIENT_SECRET: client_secret,
      CLIENT_AUTH: way,
      ...(parameters !== undefined && { PARAMETERS: parameters }),
      // Lets oauthlib use plain HTTP.
      OAUTHLIB_INSECURE_TRANSPORT: '1',
    }),
  });
  return JSON.parse(stdout);
}

for (const client of CLIENTS) {
  const { name, needs = [], ways = WAYS, raises, withoutStatus, anyGrant, encodesBasic } = client;
  const why = needs.map(explainMissingTool).find((reason) => reason !== undefined);

  describe.skipIf(why)(`${name}${why ? ` (skipped: ${why})` : ''}`, () => {
    let mine: Credentials;
    beforeAll(async () => {
      mine = await d.createClient();
    });
    beforeAll(() => BUILDS[path.extname(client.program)]?.(client), BUILD_MS);

    const stateOf = async (token: string) => (await d.admin('GET', `/tokens/${token}`)).json.state;
    const refusal = (error: string, status: number) => ({
      error,
      raised: raises.token,
      ...(!withoutStatus && { status }),
    });

    describe.each(ways)('%s', (way) => {
      it('gets a token that opens a call', async () => {
        const { token } = (await runClient(client, way, mine)) as { token: string };
        expect((await d.open(token, 'v')).state).toBe('waiting-room');
      });

      it('revokes a token', async () => {
        const token = await d.token(mine);
        expect(await runClient(client, way, mine, { token })).toEqual({ revoked: true });
        expect(await stateOf(token)).toBe('revoked');
      });

      it('raises its own error for a wrong secret', async () => {
        const wrong = { ...mine, client_secret: 'wrong' };
        expect(await runClient(client, way, wrong)).toEqual(refusal('invalid_client', 401));
      });

      it('raises an error for a refused revocation', async () => {
        const token = await d.token(mine);
        const wrong = { ...mine, client_secret: 'wrong' };
        expect(await runClient(client, way, wrong, { token })).toEqual({
          error: 'invalid_client',
          status: 401,
          raised: raises.revocation,
        });
      });
    });

    it(`gets a token by Basic with ${encodesBasic ? 'a' : 'an encoded'} secret of reserved characters`, async () => {
      const secret = 'a+b%41 c:d';
      const { client_id } = await d.createClient({ client_secret: secret });
      const client_secret = encodesBasic ? secret : encodeURIComponent(secret);
      expect(await runClient(client, 'client_secret_basic', { client_id, client_secret })).toEqual(TOKEN);
    });

    it('raises its own error for an unknown scope', async () => {
      const parameters = 'scope=unknown';
      expect(await runClient(client, 'client_secret_basic', mine, { parameters })).toEqual(
        refusal('invalid_scope', 400),
      );
    });

    if (anyGrant)
      it('raises its own error for an unknown grant', async () => {
        const parameters = 'grant_type=unknown';
        expect(await runClient(client, 'client_secret_basic', mine, { parameters })).toEqual(
          refusal('unsupported_grant_type', 400),
        );
      });
  });
}
