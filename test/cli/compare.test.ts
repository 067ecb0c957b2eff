import { readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { interview } from '../../src/cli/compare/interview.ts';
import { listQuestions } from '../../src/cli/compare/questions.ts';
import { readProfile } from '../../src/options/profile-file.ts';
import { buildChanged } from '../support/changed-command.ts';
import { startToolkit, toolkitProblem } from '../support/oauth-toolkit.ts';
import { OTHER_CLIENT, type OtherService, startOtherService } from '../support/other-service.ts';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

/** The command without pauses, which are nearly all the time of a comparison. */
let command = '';
beforeAll(async () => {
  const pauses = {
    file: 'cli/compare/command.ts',
    snippet: 'PAUSE_MS = 200',
    replacement: 'PAUSE_MS = 0',
  };
  command = await buildChanged('compare-without-pauses', [pauses]);
});
afterAll(() => rmSync(command));

const CREDENTIALS = { CLIENT_ID: OTHER_CLIENT.id, CLIENT_SECRET: OTHER_CLIENT.secret };

interface Result {
  readonly counts: { readonly same: number; readonly different: number; readonly not_asked: number };
  readonly questions: readonly { readonly row: string; readonly differences: readonly string[] }[];
  readonly observations: readonly string[];
  readonly unexpressed: readonly string[];
  readonly warnings: readonly string[];
}

/** Compares with `url` and returns the exit code, what was printed, and the result. */
const compare = (url: string, ...flags: readonly string[]) =>
  compareBy([process.execPath, command], url, ...flags);

async function compareBy(program: readonly string[] | undefined, url: string, ...flags: readonly string[]) {
  const args = ['compare', '--target', url, ...flags, '--json'];
  const { exited, output, errors } = run(args, CREDENTIALS, program);
  const code = await exited;
  const result = output() === '' ? undefined : (JSON.parse(output()) as Result);
  return { code, result, printed: output() + errors() };
}

/** Each difference with the rows that have it, or with their number when there are many. */
function listDifferences(result: Result | undefined): Record<string, string | number> {
  const rows = new Map<string, string[]>();
  for (const { row, differences } of result?.questions ?? [])
    for (const text of differences) rows.set(text, [...(rows.get(text) ?? []), row]);
  return Object.fromEntries(
    [...rows].map(([text, all]) => [text, all.length < 9 ? all.join(' ') : all.length]),
  );
}

describe('mock-veridas compare --dry-run', () => {
  it('lists the questions and asks none', async () => {
    const { exited, output } = run(['compare', '--dry-run']);
    expect(await exited).toBe(0);
    expect(output()).toContain(' 1. a token, with the credentials in an urlencoded form\n    POST /o/token/');
    expect(output()).toMatch(/^29 questions, one at a time; .* at most 40 requests$/m);
  });
});

describe('mock-veridas compare with a simulator', () => {
  it('finds no difference and exits with 0, with a pause after each question', async () => {
    const url = await run(['start', '--port', '0', '--client', `${OTHER_CLIENT.id}:${OTHER_CLIENT.secret}`])
      .ready;
    const startedAt = performance.now();
    const { code, result, printed } = await compareBy(undefined, url, '--validation-id', 'val-1');
    expect(performance.now() - startedAt).toBeGreaterThan(31 * 190);
    expect(listDifferences(result)).toEqual({});
    expect([code, result?.counts]).toEqual([0, { same: 31, different: 0, not_asked: 0 }]);
    expect(printed).toContain('31 questions: 31 the same, 0 different');
  });
});

const why = toolkitProblem === undefined ? '' : ` (skipped: ${toolkitProblem})`;
describe.skipIf(toolkitProblem)(`mock-veridas compare with a real django-oauth-toolkit 1.7${why}`, () => {
  it('finds what that version answers otherwise, and none of it after --write and --profile', async () => {
    const { url, stop } = await startToolkit(OTHER_CLIENT);
    try {
      const { code, result } = await compare(url, '--write', 'learned.yaml');
      expect(listDifferences(result)).toEqual({
        'header www-authenticate: simulator \'Bearer, error="invalid_client"\', real \'Bearer error="invalid_client"\'':
          'wrong_secret wrong_secret_basic unknown_client no_credentials state_member revoke_wrong_secret',
      });
      // A busy machine is slow.
      const observations = result?.observations.filter((one: string) => !one.startsWith('answers are slow'));
      expect([code, observations, result?.warnings]).toEqual([1, [], []]);
      const again = await compare(url, '--profile', 'learned.yaml');
      expect([again.code, again.result?.counts.same]).toEqual([0, 29]);
    } finally {
      await stop();
    }
  });
});

describe('mock-veridas compare with another service', () => {
  let service: OtherService | undefined;
  afterEach(() => service?.close());
  const start = async (...args: Parameters<typeof startOtherService>) => {
    service = await startOtherService(...args);
    return service;
  };

  it('names every planted difference, and after --write only what it says it cannot express', async () => {
    const { url, log, issued, revoked } = await start();
    const { code, result, printed } = await compare(
      url,
      '--validation-id',
      'val-1',
      '--write',
      'learned.yaml',
      '--markdown',
      'learned.md',
    );
    const planted = readFileSync(
      path.join(import.meta.dirname, '../fixtures/planted-differences.json'),
      'utf8',
    );
    expect(listDifferences(result)).toEqual(JSON.parse(planted));
    expect(code).toBe(1);
    const unexpressed = [
      expect.stringMatching(/^header set-cookie: simulator none, real 'basket=\*\*\*' \(26 rows: /),
      'access tokens are other than 30 letters and digits: 40 characters',
      'the header x-ratelimit-remaining is another one in each answer; it was not compared',
      'which event the page of /call posts was not seen; the profile assumes VideocallNotFound',
    ];
    expect(result?.unexpressed).toEqual(unexpressed);

    const files = ['learned.yaml', 'learned.md'].map((file) => readFileSync(path.join(cwd(), file), 'utf8'));
    const shown = files.join() + printed;
    for (const secret of [OTHER_CLIENT.secret, encodeURIComponent(OTHER_CLIENT.secret), ...issued])
      expect(shown).not.toContain(secret);
    expect(files[0]).not.toContain(new URL(url).hostname);
    expect(files[0]).not.toContain(OTHER_CLIENT.id);
    expect(log.length).toBeLessThanOrEqual(40);
    expect(service?.maxConcurrent()).toBe(1);
    expect(issued.filter((token) => !revoked.has(token))).toEqual([]);
    for (const { path: asked, query, headers } of log) {
      const { authorization, ...others } = headers;
      expect(`${asked}?${decodeURIComponent(query)} ${JSON.stringify(others)}`).not.toContain(
        OTHER_CLIENT.secret,
      );
    }

    const { exited, output } = run(['validate', 'learned.yaml']);
    expect([await exited, output()]).toEqual([0, 'ok: learned.yaml\n']);
    expect(readProfile(path.join(cwd(), 'learned.yaml')).written?.against).toBe('a service');
    const again = await compare(url, '--validation-id', 'val-1', '--profile', 'learned.yaml');
    expect(listDifferences(again.result)).toEqual({
      "header set-cookie: simulator none, real 'basket=***'": 26,
    });
  });

  it('starts, with a learned profile, a simulator that says so and answers by it', async () => {
    const { url } = await start();
    await compare(url, '--write', 'learned.json', '--label', 'the sandbox');
    const flags = ['--client', `${OTHER_CLIENT.id}:${OTHER_CLIENT.secret}`, '--profile', 'learned.json'];
    const simulator = await run(['start', '--port', '0', ...flags]).ready;
    const health = await (await fetch(`${simulator}/__admin/health`)).json();
    expect(health).toMatchObject({ profile: 'learned' });
    const { id, secret } = OTHER_CLIENT;
    const answer = await fetch(`${simulator}/o/token/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: id, client_secret: secret, grant_type: 'client_credentials' }),
    });
    expect(await answer.json()).toMatchObject({ token_type: 'bearer', expires_in: 1800, region: 'eu' });
    const tokens = await (await fetch(`${simulator}/__admin/tokens`)).json();
    expect(Date.parse(tokens.items[0].expires_at) - Date.parse(tokens.items[0].issued_at)).toBe(1_800_000);
  });

  it('names slow answers and limits, and waits as long as Retry-After says', async () => {
    const limit = { status: 429, headers: { 'retry-after': '0' }, body: 'slow down' };
    const { url, log, issued, revoked } = await start((_, index) => (index === 5 ? limit : undefined), 510);
    const { result } = await compare(url);
    expect(result?.observations).toEqual([
      expect.stringMatching(/^access tokens/),
      expect.stringMatching(/^answers are slow: half of them take more than \d+\.\d s/),
      'it limits requests: 429 at token_get, asked again after 0 s; a fault with status 429 does that',
      expect.stringMatching(/^the header x-ratelimit-remaining/),
    ]);
    expect(result?.counts.not_asked).toBe(0);
    expect(log.length).toBeLessThanOrEqual(40);
    expect(issued.filter((token) => !revoked.has(token))).toEqual([]);
  });

  const html = (status: number, title: string, headers = {}) => ({
    status,
    headers: { 'content-type': 'text/html', ...headers },
    body: `<!doctype html><title>${title}</title>`,
  });
  it.each([
    [
      'a login page',
      html(200, 'Log in'),
      3,
      /answers 200 with a web page \("Log in"\) and not with a token: is it a login page or a proxy/,
    ],
    [
      'a redirect to another host',
      { status: 302, headers: { location: 'https://login.example/x?secret' } },
      3,
      /redirects \(302\) to https:\/\/login\.example, where nothing was sent/,
    ],
    [
      'a redirect to a login page',
      { status: 302, headers: { location: '/login' } },
      3,
      /redirects \(302\) to \/login; --target must be the address below which/,
    ],
    [
      'a page whose title ends within the secret',
      html(200, `${'x'.repeat(50)} ${OTHER_CLIENT.secret}`),
      3,
      /with a web page \("x{50} \*\*\*"\)/,
    ],
    [
      'a redirect without an end',
      { status: 307, headers: { location: '/o/token/?again' } },
      3,
      /redirects \(307\) to the address that was asked, and so without an end/,
    ],
    ['a wrong address', html(404, 'Not found'), 3, /there is no token endpoint at this address \(404\)/],
    ['a proxy that wants credentials', html(407, 'Proxy'), 3, /a proxy asks for credentials \(407\)/],
    [
      'a gateway without its service',
      html(502, '502 Bad Gateway'),
      3,
      /answers 502 with a web page \("502 Bad Gateway"\): the service is down/,
    ],
    [
      'JSON without a token',
      { status: 200, headers: { 'content-type': 'application/json' }, body: '{"ok":true}' },
      3,
      /answers 200 without access_token/,
    ],
    [
      'wrong credentials',
      { status: 401, headers: { 'content-type': 'application/json' }, body: '{"error":"invalid_client"}' },
      2,
      /refuses these credentials \(401 invalid_client\); check --client-id/,
    ],
    [
      'a limit',
      { status: 429, headers: { 'retry-after': '3600' } },
      3,
      /limits requests \(429, Retry-After: 3600\); try again later/,
    ],
    [
      'a limit until a date',
      { status: 429, headers: { 'retry-after': 'Sat, 01 Jan 2095 00:00:00 GMT' } },
      3,
      /limits requests \(429, Retry-After: Sat, 01 Jan 2095 00:00:00 GMT\); try again later/,
    ],
    [
      'headers that are too long',
      { status: 200, headers: { 'x-long': 'x'.repeat(40_000) } },
      3,
      /the headers of its answer are too long/,
    ],
    ['a closed connection', 'hang up' as const, 3, /it closed the connection before it answered/],
  ])('explains %s', async (_, answer, expected, message) => {
    const { url, log } = await start(() => answer);
    const { code, printed } = await compare(url);
    expect(printed).toMatch(message);
    expect([code, printed.includes('    at ')]).toEqual([expected, false]);
    expect(log.length).toBeLessThanOrEqual(2);
    expect(printed).not.toContain(OTHER_CLIENT.secret);
  });

  it('keeps what a service has answered that dies half-way, and revokes the tokens when it can', async () => {
    const { url, log, issued, revoked } = await start(({ path: asked }, index) =>
      index >= 8 && asked !== '/o/revoke_token/' ? 'hang up' : undefined,
    );
    const { code, result, printed } = await compare(url, '--write', 'learned.yaml');
    expect([code, result?.questions.length]).toEqual([3, 10]);
    expect(result?.warnings).toEqual(['not finished: it closed the connection before it answered']);
    expect(printed).toContain('not finished: it closed the connection before it answered');
    expect([log.length, issued.filter((token) => !revoked.has(token))]).toEqual([15, []]);
    expect(readProfile(path.join(cwd(), 'learned.yaml')).answers.token.body).toContain('"region":"eu"');
  });

  it('asks a second time for a revocation that was not answered', async () => {
    let hangUps = 0;
    const { url, issued, revoked } = await start(({ path: asked }, index) => {
      if (index < 8) return undefined;
      if (asked !== '/o/revoke_token/') return 'hang up';
      hangUps += 1;
      return hangUps === 1 ? 'hang up' : undefined;
    });
    const { result } = await compare(url);
    expect(result?.warnings).toEqual(['not finished: it closed the connection before it answered']);
    expect(issued.filter((token) => !revoked.has(token))).toEqual([]);
  });

  it('says how many tokens it could not revoke', async () => {
    const { url } = await start((_, index) => (index >= 4 ? 'hang up' : undefined));
    const { code, result } = await compare(url);
    expect([code, result?.warnings[0]]).toEqual([
      3,
      '3 tokens of this run could not be revoked, and will expire; issued in token, token_basic, token_json',
    ]);
  });

  it('revokes its tokens when a signal stops it', async () => {
    let stop = () => {};
    const { url, issued, revoked } = await start((_, index) => {
      if (index === 6) stop();
      return undefined;
    });
    const { child, exited, output } = run(['compare', '--target', url], CREDENTIALS);
    stop = () => child.kill('SIGINT');
    expect(await exited).toBe(3);
    expect(output()).toContain('not finished: stopped by a signal');
    // What was asked until then is compared.
    expect(output()).toContain(`simulator "read write groups", real "videocall.open videocall.list"`);
    expect(output()).toMatch(/^[67] questions: 0 the same, [67] different$/m);
    expect([issued.length, issued.filter((token) => !revoked.has(token))]).toEqual([4, []]);
  });
});

describe('mock-veridas compare with a service that reveals too much', () => {
  let service: OtherService | undefined;
  afterEach(() => service?.close());

  it('masks tokens in every spelling, and escapes control characters', async () => {
    const token = "Ab/cd+Ef=gh'Ij<kl";
    const escaped = 'Ab\\/cd+Ef\\u003dgh\\u0027Ij\\u003Ckl';
    const refreshToken = 'Rf9ZkQwLmNpXyVbTgHjUoIeAsDcFr1';
    const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c2VyIn0.Sig-nature_x';
    const sessionKey = 'zzTopSecretSession';
    const longer = `${refreshToken}-longer`;
    const bodies = [
      `{"access_token":"${escaped}","expires_in":60,"refresh_token":"${refreshToken}","id_token":"${jwt}"}`,
      JSON.stringify({ access_token: 'Second-token-2', session_key: sessionKey, refresh_token: longer }),
      `<p>${encodeURIComponent(token)} ${escaped} ${refreshToken} ${longer} ${jwt} ${JSON.stringify(OTHER_CLIENT.secret)}`,
      '{"error":"\\u001b[31mred\\u001b]0;title\\u0007\\u202e\\u200b"}',
    ];
    service = await startOtherService(({ path: asked }, index) => {
      if (asked === '/o/revoke_token/') return undefined;
      return bodies[index] === undefined ? 'hang up' : { status: index < 2 ? 200 : 400, body: bodies[index] };
    });
    const { result, printed } = await compare(
      service.url,
      '--write',
      'learned.yaml',
      '--markdown',
      'learned.md',
    );
    const files = ['learned.yaml', 'learned.md'].map((file) => readFileSync(path.join(cwd(), file), 'utf8'));
    const shown = files.join('\n') + printed + JSON.stringify(result);
    for (const part of ['Ab/c', 'Ab\\', 'Ab%2F', 'u003Ckl', 'Second-token', refreshToken, 'Sig-nature'])
      expect(shown).not.toContain(part);
    for (const part of ['-longer', sessionKey, OTHER_CLIENT.secret]) expect(shown).not.toContain(part);
    expect(result?.observations.filter((one) => one.includes('refresh'))).toEqual([
      'a refresh token was issued and is not revoked',
    ]);
    expect(printed).toContain('\\u001b[31mred');
    expect(printed + files[1]).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
  });

  it.each([
    ['a web page', '<!doctype html><title>Log in</title>'],
    ['an error', { error: 'temporarily_unavailable' }],
    ['another token', { access_token: 'Another-token-1' }],
  ])('does not take 200 with %s for a revocation, and names the questions of the tokens', async (_, body) => {
    service = await startOtherService(({ path: asked }, index) =>
      asked === '/o/revoke_token/' ? { status: 200, body } : index > 2 ? 'hang up' : undefined,
    );
    const { result, printed } = await compare(service.url);
    expect(result?.warnings[0]).toMatch(
      /^\d tokens of this run could not be revoked, and will expire; issued in (?:token, token_basic|revoke)/,
    );
    for (const token of service.issued) expect(printed).not.toContain(token);
  });

  it('asks no revoked token at /call that was not revoked, and none without a validation', async () => {
    service = await startOtherService(({ path: asked }) =>
      asked === '/o/revoke_token/' ? { status: 200, body: { error: 'no' } } : undefined,
    );
    await compare(service.url);
    const { issued, log } = service;
    const asked = log.filter(({ path: one }) => one === '/call').map(({ query }) => query);
    expect(asked.length).toBeGreaterThan(0);
    for (const query of asked) for (const token of issued) expect(query).not.toContain(token);
  });

  it('writes a redirect of /call with its content type and without an event', async () => {
    service = await startOtherService(({ path: asked }) =>
      asked === '/call'
        ? { status: 302, headers: { 'content-type': 'text/html', location: '/login' } }
        : undefined,
    );
    const { result } = await compare(service.url, '--write', 'learned.yaml');
    expect(result?.unexpressed.filter((text) => /call|event/.test(text))).toEqual([]);
    expect(readProfile(path.join(cwd(), 'learned.yaml')).answers.call_unknown_token).toEqual({
      status: 302,
      headers: expect.objectContaining({ 'content-type': 'text/html', location: '/login' }),
      body: '',
      accepts: false,
    });
  });

  it('leaves out of the profile what does not fit, and says so', async () => {
    const scope = Array.from({ length: 300 }, (_, index) => `scope${index}`).join(' ');
    service = await startOtherService(({ path: asked, method }, index) => {
      if (asked.includes('mock-veridas')) return { status: 404, body: 'x'.repeat(150_000) };
      return method === 'POST' && index < 2
        ? { status: 200, body: { access_token: `Own-token-${index}`, expires_in: 63_072_000, scope } }
        : undefined;
    });
    const { code, result, printed } = await compare(service.url, '--write', 'learned.yaml');
    expect(code).toBe(1);
    expect(printed).toContain('29 questions: ');
    const leftOut = result?.unexpressed.filter((one) => one.includes(' was left out: '));
    expect(leftOut?.map((one) => one.split(' ', 1)[0]).sort()).toEqual([
      'answers.unknown_path',
      'expires_in',
      'scope',
    ]);
    const { exited, output } = run(['validate', 'learned.yaml']);
    expect([await exited, output()]).toEqual([0, 'ok: learned.yaml\n']);
  });

  it('shows the names of all cookies and the value of none', async () => {
    const cookies = ['a=First-secret-1', 'b=Second-secret-2; Expires=Thu, 01 Jan 2032 00:00:00 GMT', 'c=3'];
    service = await startOtherService((_, index) =>
      index === 3 ? { status: 400, headers: { 'set-cookie': cookies } } : undefined,
    );
    const { result, printed } = await compare(service.url);
    expect(printed).not.toMatch(/First-secret|Second-secret/);
    expect(result?.questions[3]?.differences).toContain(
      "header set-cookie: simulator none, real 'a=***, b=***, c=***'",
    );
  });

  it('learns a lifetime that is written as text, and says which bytes are no text', async () => {
    service = await startOtherService(({ method, path: asked }, index) =>
      asked.includes('mock-veridas')
        ? { status: 404, headers: { 'content-type': 'text/plain' }, body: Buffer.from([0x61, 0xf1]) }
        : method === 'POST' && index < 2
          ? { status: 200, body: { access_token: `Own-token-${index}`, expires_in: '900' } }
          : undefined,
    );
    const { result } = await compare(service.url, '--write', 'learned.yaml');
    const { answers, expiresIn } = readProfile(path.join(cwd(), 'learned.yaml'));
    expect([answers.token.body, expiresIn]).toEqual([
      '{"access_token":"{{access_token}}","expires_in":"{{expires_in}}"}',
      900,
    ]);
    expect(result?.unexpressed).toContain(
      'a body has bytes that its charset does not have; they are compared and written as U+FFFD',
    );
  });

  it.each(['--json', '--markdown', '--write'])(
    'asks nothing when the file of %s cannot be written',
    async (flag) => {
      service = await startOtherService();
      write('file', 'text');
      const { exited, errors } = run(['compare', '--target', service.url, flag, 'file/below'], CREDENTIALS);
      expect(await exited).toBe(2);
      expect(errors()).toMatch(new RegExp(`^mock-veridas: ${flag}: `));
      expect(service.log).toEqual([]);
    },
  );

  it('ends a wait for a limit when a signal stops it, and revokes its tokens', async () => {
    let stop = () => {};
    const limit = { status: 429, headers: { 'retry-after': '30' } };
    service = await startOtherService((_, index) => {
      if (index !== 3) return undefined;
      setImmediate(() => stop());
      return limit;
    });
    const { child, exited, output } = run(['compare', '--target', service.url], CREDENTIALS);
    stop = () => child.kill('SIGTERM');
    expect(await exited).toBe(3);
    const { issued, revoked } = service;
    expect(output()).toContain('not finished: stopped by a signal');
    expect([issued.length > 0, issued.filter((token) => !revoked.has(token))]).toEqual([true, []]);
  }, 25_000);

  it('keeps, while it asks again after 429, the requests that revoke its tokens', async () => {
    const limit = { status: 429, headers: { 'retry-after': '0' } };
    service = await startOtherService((_, index) => (index % 2 === 1 ? limit : undefined));
    const account = { clientId: OTHER_CLIENT.id, clientSecret: OTHER_CLIENT.secret };
    const { url, log, issued, revoked } = service;
    const settings = { timeoutMs: 10_000, pauseMs: 0, stopped: new AbortController().signal };
    const { unrevoked } = await interview(url, account, listQuestions(false), settings);
    expect(log.length).toBeLessThanOrEqual(40);
    expect([unrevoked, issued.filter((token) => !revoked.has(token))]).toEqual([[], []]);
  });

  it('says at once that a service leaves HTTP', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () =>
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { code, printed } = await compare(`http://127.0.0.1:${port}`, '--timeout', '10m');
      expect(printed).toContain('it answers 101 and leaves HTTP; check host and port in --target');
      expect(code).toBe(3);
    } finally {
      server.close();
    }
  });
});

describe('mock-veridas compare with nothing that answers', () => {
  it.each([
    ['http://127.0.0.1:1', 'nothing listens there; check host and port in --target'],
    ['http://no-such-host.invalid', 'its name cannot be resolved'],
    ['http://no-such-host.invalid', 'the secret is sent unencrypted; use https:// if the service has it'],
  ])('exits with 3 for %s', async (url, message) => {
    const { code, printed } = await compare(url);
    expect(printed).toContain(message);
    expect(code).toBe(3);
  });

  it('explains a certificate that Node.js does not trust, and a port without TLS', async () => {
    const url = await run(['start', '--port', '0', '--https']).ready;
    const untrusted = await compare(url.replace('http:', 'https:'));
    expect(untrusted.printed).toContain('set NODE_EXTRA_CA_CERTS to a file with the authority (PEM)');
    const plain = await run(['start', '--port', '0']).ready;
    const insecure = await compare(plain.replace('http:', 'https:'));
    expect(insecure.printed).toContain(
      'it does not speak TLS at this port; check the port, or write http://',
    );
    expect([untrusted.code, insecure.code]).toEqual([3, 3]);
  });

  it('does not advise http:// when TLS itself refuses the connection', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      // A fatal alert, protocol_version. RFC 8446, 6.2.
      socket.end(Buffer.from([21, 3, 3, 0, 2, 2, 70]));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { code, printed } = await compare(`https://127.0.0.1:${(server.address() as AddressInfo).port}`);
      expect(printed).toMatch(
        /no TLS connection \(\w+ alert protocol version\); check which versions of TLS/,
      );
      expect([code, printed.includes('http://')]).toEqual([3, false]);
    } finally {
      server.close();
    }
  });
});

describe('mock-veridas compare with flags that it cannot use', () => {
  it.each([
    [[], /--target: give the address of the service/],
    [['--target', 'ftp://x'], /--target: /],
    [['--target', 'http://a:b@127.0.0.1:1'], /--target: must not contain credentials/],
    [['--target', 'http://127.0.0.1:1/?a=b'], /--target: must not have a query or fragment/],
    [
      ['--target', 'http://127.0.0.1:1/o/token/'],
      /--target: give the address below which the service has \/o\/token\//,
    ],
    [['--target', 'http://127.0.0.1:1/?'], /--target: must not have a query or fragment/],
    [
      ['--target', 'http://127.0.0.1:1', '--json', 'a', '--markdown', './a'],
      /--markdown: \.\/a is the file of --json too; give another one/,
    ],
    [['--target', 'http://127.0.0.1:1', '--profile', 'no.yaml'], /no\.yaml:1:1 cannot be read/],
    [['--target', 'http://127.0.0.1:1', '--profile', '.'], /\S:1:1 cannot be read: EISDIR/],
    [['--target', 'http://127.0.0.1:1', '--timeout', 'long'], /--timeout: /],
    [['--target', 'http://127.0.0.1:1', '--strict'], /--strict: is not a flag of compare/],
  ])('exits with 2 for %j', async (flags, message) => {
    const { exited, errors, output } = run(['compare', ...flags], CREDENTIALS);
    expect([await exited, output()]).toEqual([2, '']);
    expect(errors()).toMatch(message);
  });

  it('exits with 2 without credentials, and says which', async () => {
    const { exited, errors } = run(['compare', '--target', 'http://127.0.0.1:1']);
    expect(await exited).toBe(2);
    expect(errors()).toContain('--client-id: give the id of a client of the service, or set CLIENT_ID\n');
    expect(errors()).toContain('--client-secret: give the secret of this client, or set CLIENT_SECRET\n');
  });

  it('reports every problem of a profile with line and column, in start and validate', async () => {
    write('odd.yaml', 'name: odd', 'answers:', '  token: { status: 99 }', '  tokn: token', '  crash: crash');
    for (const args of [
      ['validate', 'odd.yaml'],
      ['start', '--profile', 'odd.yaml'],
    ]) {
      const { exited, errors } = run(args);
      expect(await exited).toBe(2);
      expect(errors()).toContain('odd.yaml:3:20 status: 99 is not a status; give a number from 200 to 599');
      expect(errors()).toContain(
        "odd.yaml:4:3 list of answers: 'tokn' is not known here; did you mean 'token'?",
      );
      expect(errors()).toContain('odd.yaml:5:10 crash: is answered as itself; give it an answer');
    }
  });
});
