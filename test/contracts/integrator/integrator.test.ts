import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type Drive, openDrive } from '../../support/drive.ts';
import { openFakePage } from '../../support/fake-page.ts';
import { useTerminal } from '../../support/terminal.ts';
import { skipReason, verifierProblem } from '../../support/verifier.ts';
import { giveBack, tokenFor } from './backend.ts';
import { outcomeOf } from './frontend.ts';

/** The whole way of somebody who integrates the service: contracts, the simulator, and the ones against the other. */

type Library = typeof import('@pact-foundation/pact');
// Where the library has no build for this platform, to import it is an error already.
const library: Library = verifierProblem
  ? ({ MatchersV3: {} } as Library)
  : await import('@pact-foundation/pact');
const { MatchersV3, PactV3, PactV4, SpecificationVersion } = library;
const { like, regex, integer, fromProviderState } = MatchersV3;

const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };
const CLIENT = { client_id: 'shop', client_secret: 'not-a-real-secret' };
const CREDENTIALS = { description: 'the client credentials exist', parameters: CLIENT };

// The mock server of a contract may lose what it was asked if it is closed at once.
const SETTLED_MS = 20;

describe.skipIf(verifierProblem)(`an integrator${skipReason}`, () => {
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

  const about = (consumer: string) => ({
    consumer,
    provider: 'videocall-manager',
    dir: path.join(folder, 'pacts'),
  });
  const backendPact = () =>
    new PactV3({
      ...about('shop-backend'),
      spec: SpecificationVersion.SPECIFICATION_VERSION_V4,
      logLevel: 'error',
    });
  const shop = (url: string) => ({ url, clientId: CLIENT.client_id, clientSecret: CLIENT.client_secret });

  it('writes down what the backend expects of a token', async () => {
    const pact = backendPact().addInteraction({
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
      expect(await tokenFor(shop(url))).toEqual({ token: 'TOKEN', goodFor: 3_600_000 });
      await pause(SETTLED_MS);
    });
  });

  it('writes down how the backend gives a token back', async () => {
    const pact = backendPact().addInteraction({
      states: [CREDENTIALS, { description: 'an access token exists', parameters: { then: 'revoked' } }],
      uponReceiving: 'a request to revoke a token',
      withRequest: {
        method: 'POST',
        path: '/o/revoke_token/',
        headers: FORM,
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a value of the state
        body: { token: fromProviderState('${accessToken}', 'TOKEN'), ...CLIENT },
      },
      willRespondWith: { status: 200 },
    });
    await pact.executeTest(async ({ url }) => {
      await giveBack(shop(url), 'TOKEN');
      await pause(SETTLED_MS);
    });
  });

  it('writes down what the page expects of the end of a call', async () => {
    await new PactV4({ ...about('shop-page'), logLevel: 'error' })
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

  it('finds its contracts kept by the simulator', async () => {
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

  it('runs the same code against the simulator', async () => {
    const d: Drive = await openDrive({ scenario: 'manual' });
    await d.createClient(CLIENT);
    const { token } = await tokenFor(shop(d.mock.url));
    const page = await openFakePage(d, token, 'val-1');
    await page.waitForText('waiting-room');
    const course = { join: 'VideocallLoading', start: 'VideocallInitiated', end: 'VideocallCompleted' };
    for (const [index, [action, code]] of Object.entries(course).entries()) {
      const done = d.admin('POST', '/calls/val-1/agent', { action });
      await page.waitForText(code);
      await page.report(index);
      await done;
    }
    const { json } = await d.admin('GET', '/events?client_id=shop');
    expect(
      json.items.map((data: { code: string }) => outcomeOf({ origin: d.mock.browserUrl, data })),
    ).toEqual(['called', 'talking', 'done']);
    const other = await tokenFor(shop(d.mock.url));
    await giveBack(shop(d.mock.url), other.token);
    expect((await d.open(other.token, 'val-2')).status).toBe(403);
    page.disconnect();
    const findings = (await d.admin('GET', '/findings')).json.items;
    // Nothing but this, which is for want of a browser: only browsers find the frame's own host.
    expect(findings.map(({ rule }: { rule: string }) => rule)).toEqual(['host-without-videocall']);
    await d.mock.close();
  });
});
