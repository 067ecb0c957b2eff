import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { SITUATIONS, type Situation } from '../../../src/domain/coverage.ts';
import { type Drive, openDrive, SANDBOX } from '../../support/drive.ts';
import { openFakePage } from '../../support/fake-page.ts';
import { type FaithfulPage, openFaithfulPage } from '../../support/instances.ts';
import { type Application, createPlayer, listPlayed, SITUATION_IDS } from '../../support/play.ts';
import { useTerminal } from '../../support/terminal.ts';
import { skipReason, verifierProblem } from '../../support/verifier.ts';
import { giveBack, tokenFor } from './backend.ts';
import { outcomeOf } from './frontend.ts';

/** The whole workflow of an integrator: write contracts, verify the simulator against them, run against it. */

type Library = typeof import('@pact-foundation/pact');
// The import itself throws on platforms without a build of the library.
const library: Library = verifierProblem
  ? ({ MatchersV3: {} } as Library)
  : await import('@pact-foundation/pact');
const { MatchersV3, PactV3, PactV4, SpecificationVersion } = library;
const { like, regex, integer, fromProviderState } = MatchersV3;

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const CLIENT = { client_id: 'shop', client_secret: 'not-a-real-secret' };
const CREDENTIALS = { description: 'the client credentials exist', parameters: CLIENT };

// The Pact mock server may lose a request if it is closed at once.
const SETTLED_MS = 20;

describe.skipIf(verifierProblem)(`integrator workflow${skipReason}`, () => {
  let folder = '';
  const run = useTerminal(() => folder);
  beforeAll(() => {
    vi.stubEnv('PACT_DO_NOT_TRACK', 'true');
    vi.stubEnv('LOG_LEVEL', 'error');
    folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-integrator-'));
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true });
  });

  const createPactOptions = (consumer: string) => ({
    consumer,
    provider: 'videocall-manager',
    dir: path.join(folder, 'pacts'),
  });
  const createBackendPact = () =>
    new PactV3({
      ...createPactOptions('shop-backend'),
      spec: SpecificationVersion.SPECIFICATION_VERSION_V4,
      logLevel: 'error',
    });
  const createCredentials = (url: string) => ({
    url,
    clientId: CLIENT.client_id,
    clientSecret: CLIENT.client_secret,
  });

  it('writes a pact for the token request of the backend', async () => {
    const pact = createBackendPact().addInteraction({
      states: [CREDENTIALS],
      uponReceiving: 'a request for a token',
      withRequest: {
        method: 'POST',
        path: '/o/token/',
        headers: FORM,
        body: { grant_type: 'client_credentials', ...CLIENT },
      },
      willRespondWith: {
        status: 200,
        headers: { 'Content-Type': regex('^application/json(;.*)?$', 'application/json') },
        body: { access_token: like('TOKEN'), expires_in: integer(3600), token_type: 'Bearer' },
      },
    });
    await pact.executeTest(async ({ url }) => {
      expect(await tokenFor(createCredentials(url))).toEqual({ token: 'TOKEN', goodFor: 3_600_000 });
      await pause(SETTLED_MS);
    });
  });

  it('writes a pact for the token revocation of the backend', async () => {
    const pact = createBackendPact().addInteraction({
      states: [CREDENTIALS, { description: 'an access token exists', parameters: { then: 'revoked' } }],
      uponReceiving: 'a request to revoke a token',
      withRequest: {
        method: 'POST',
        path: '/o/revoke_token/',
        headers: FORM,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: Pact replaces it with a value of the state
        body: { token: fromProviderState('${accessToken}', 'TOKEN'), ...CLIENT },
      },
      willRespondWith: { status: 200 },
    });
    await pact.executeTest(async ({ url }) => {
      await giveBack(createCredentials(url), 'TOKEN');
      await pause(SETTLED_MS);
    });
  });

  it('writes a pact for the completed event that the page expects', async () => {
    await new PactV4({ ...createPactOptions('shop-page'), logLevel: 'error' })
      .addAsynchronousInteraction()
      .given('the video call has been completed')
      .expectsToReceive('the end of a call', (builder) =>
        builder
          .withJSONContent({ type: 'info', code: 'VideocallCompleted', message: like('done') })
          .withMetadata({
            contentType: 'application/json',
            origin: regex('^https?://.*videocall.*$', 'https://videocall.example'),
          }),
      )
      .executeTest(async ({ contents, metadata }) => {
        const { content } = contents as unknown as { content: Record<string, string> };
        expect(outcomeOf({ origin: String(metadata.origin), data: content })).toBe('done');
      });
  });

  it('verifies the simulator against the written pacts', async () => {
    expect(readdirSync(path.join(folder, 'pacts'))).toEqual([
      'shop-backend-videocall-manager.json',
      'shop-page-videocall-manager.json',
    ]);
    const { exited, output, errors } = run(['verify', 'pacts', '--junit', 'pact.xml']);
    expect([await exited, output(), errors()]).toEqual([
      0,
      expect.stringContaining('3 interactions: 3 passed'),
      expect.stringContaining('wrote pact.xml'),
    ]);
    expect(readFileSync(path.join(folder, 'pact.xml'), 'utf8')).toContain(
      '<testsuite name="shop-page" tests="1"',
    );
  });

  it('runs the backend and page code against the simulator', async () => {
    const d: Drive = await openDrive({ scenario: 'manual' });
    await d.createClient(CLIENT);
    const { token } = await tokenFor(createCredentials(d.mock.url));
    const page = await openFakePage(d, token, 'val-1');
    await page.waitForText('waiting-room');
    const eventByAction = {
      join: 'VideocallLoading',
      start: 'VideocallInitiated',
      end: 'VideocallCompleted',
    };
    for (const [index, [action, code]] of Object.entries(eventByAction).entries()) {
      const done = d.admin('POST', '/calls/val-1/agent', { action });
      await page.waitForText(code);
      await page.report(index);
      await done;
    }
    const { json } = await d.admin('GET', '/events?client_id=shop');
    expect(
      json.items.map((data: { code: string }) => outcomeOf({ origin: d.mock.browserUrl, data })),
    ).toEqual(['called', 'talking', 'done']);
    const other = await tokenFor(createCredentials(d.mock.url));
    await giveBack(createCredentials(d.mock.url), other.token);
    expect((await d.open(other.token, 'val-2')).status).toBe(403);
    page.disconnect();
    const findings = (await d.admin('GET', '/findings')).json.items;
    // This finding is expected: without a browser the test cannot resolve the browser host name.
    expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual(['host-without-videocall']);
    await d.mock.close();
  });
});

/** The backend and the page of the shop, without a browser. */
function createApplication(url: string): Application {
  const credentials = { url, clientId: SANDBOX.client_id, clientSecret: SANDBOX.client_secret };
  let pages: FaithfulPage[] = [];
  return {
    requestToken: () =>
      tokenFor(credentials).then(
        ({ token }) => token,
        () => undefined,
      ),
    revoke: (token) => giveBack(credentials, token),
    async embed(query) {
      const html = await (await fetch(`${url}/call?${new URLSearchParams(query)}`)).text();
      if (html.includes('id="setup"')) pages.push(openFaithfulPage(html, () => url));
    },
    async close() {
      for (const page of pages) page.leave();
      pages = [];
    },
  };
}

describe('coverage of the integration', () => {
  /** The backend does not request tokens in these. */
  const OTHER_WAYS = ['token-form-basic', 'token-multipart-body', 'token-multipart-basic'];

  it('reaches 100 % when the backend and the page meet every situation', async () => {
    const d = await openDrive();
    const application = createApplication(d.mock.url);
    const ids = SITUATION_IDS.filter((id) => !OTHER_WAYS.includes(id));
    for (const id of ids) {
      const take = createPlayer(d, application, id);
      const { play, afterwards }: Situation = SITUATIONS[id];
      for (const step of play) await take(step);
      await expect.poll(() => listPlayed(d), { timeout: 30_000 }).toContain(id);
      await application.close();
      if (afterwards !== undefined) await take(afterwards);
    }
    const { played, total } = await d.mock.coverage();
    expect([played, total]).toEqual([ids.length, ids.length]);
    await d.mock.close();
  });
});
