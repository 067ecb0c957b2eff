import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { issueCertificate } from '../../src/server/issue-certificate.ts';
import { systemTime } from '../../src/system/clock.ts';
import { INSECURE_HOST, launchChromium } from '../support/chromium.ts';
import { DEV_SERVERS, explainMissingDevServer, startDevServer } from '../support/dev-servers.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { startNginx } from '../support/nginx.ts';
import { startPageProxy } from '../support/page-proxy.ts';
import { findFreePort } from '../support/redis.ts';
import { openShop, type Shop, waitForEvents } from '../support/shop.ts';
import { explainMissingTool } from '../support/tools.ts';

/** The call page where its stream does not reach the simulator straight away. */

const THREE = ['VideocallLoading', 'VideocallInitiated', 'VideocallCompleted'];
const WAIT_OPTIONS = { timeout: 60_000 };
const why = explainMissingTool('chromium');
const noNginx = explainMissingTool('nginx');

describe.skipIf(why)(`the call page behind a proxy${why ? ` (${why})` : ''}`, { timeout: 180_000 }, () => {
  let d: Drive;
  let shop: Shop;
  let browser: Browser;
  const stops: (() => unknown)[] = [];
  beforeAll(async () => {
    [d, shop, browser] = await Promise.all([openDrive({ scenario: 'manual' }), openShop(), launchChromium()]);
  });
  afterEach(async () => {
    for (const stop of stops.splice(0).reverse()) await stop();
  });
  afterAll(async () => {
    await browser?.close();
    await shop?.close();
    await d?.mock.close();
  });

  const address = (base: string, token: string, validationId = 'val-1') =>
    `${base}/call?${new URLSearchParams({ access_token: token, validation_id: validationId })}`;

  /** Embeds calls served at `base` in one page, and lets the agent act in each. Every event must arrive at once. */
  async function expectThreeEvents(base: string, { within = browser, calls = 1 } = {}) {
    const client = await d.createClient();
    const { client_id } = client;
    const ids = Array.from({ length: calls }, (_, i) => `val-${i}`);
    const sources = await Promise.all(ids.map(async (id) => address(base, await d.token(client), id)));
    const page = await within.newPage({ ignoreHTTPSErrors: true });
    stops.push(() => page.close());
    await page.goto(shop.getPageUrl(sources));
    const pages = async () =>
      (await d.admin('GET', `/calls?client_id=${client_id}`)).json.items.map(
        (one: { page: string }) => one.page,
      );
    await expect.poll(pages, WAIT_OPTIONS).toEqual(ids.map(() => 'open'));
    const connection = page.frameLocator('iframe >> nth=0').locator('[data-check=connection]');
    await expect.poll(() => connection.textContent(), WAIT_OPTIONS).toBe('✓Connection: works');
    for (const [index, action] of ['join', 'start', 'end'].entries()) {
      const answers = await Promise.all(
        ids.map((id) => d.admin('POST', `/calls/${id}/agent`, { action, client_id })),
      );
      // A busy machine may need more time for twelve frames than a request waits.
      for (const { json } of answers) expect(['posted', 'unconfirmed']).toContain(json.page);
      await waitForEvents(page, (index + 1) * calls);
    }
    const codes = (await waitForEvents(page, 3 * calls)).map(({ code }) => code);
    expect(codes.toSorted()).toEqual(THREE.flatMap((code) => ids.map(() => code)).toSorted());
    return client;
  }

  async function launchWithoutOwnHosts() {
    const other = await launchChromium({ unresolved: 'e-*.videocall.localhost' });
    stops.push(() => other.close());
    return other;
  }

  it('posts the three events where only the name of the simulator resolves', async () => {
    const client = await expectThreeEvents(d.mock.browserUrl, { within: await launchWithoutOwnHosts() });
    expect((await d.admin('GET', `/findings?client_id=${client.client_id}`)).json.items).toEqual([]);
  });

  it('posts the three events in each of twelve frames where only the name of the simulator resolves', async () => {
    await expectThreeEvents(d.mock.browserUrl, { within: await launchWithoutOwnHosts(), calls: 12 });
  });

  /** Plays an event of a foreign origin in a page served at `base`. The shop must get a message from `origin`. */
  async function expectForeignEvent(base: string, origin: string) {
    const client = await d.createClient({ scenario: 'foreign-origin-event' });
    const page = await browser.newPage();
    stops.push(() => page.close());
    await page.goto(shop.getPageUrl(address(base, await d.token(client))));
    await page.frameLocator('iframe').locator('[data-check=connection][data-result=good]').waitFor();
    await d.admin('POST', '/clock/advance', { by: '1h', client_id: client.client_id });
    await page.waitForFunction(
      (expected) =>
        (window as unknown as { everything: { origin: string }[] }).everything.some(
          (one) => one.origin === expected,
        ),
      origin,
    );
  }

  it('posts the event of a foreign origin behind a proxy that changes port and path', async () => {
    const proxy = await startPageProxy(d.mock.url, { folder: '/app' });
    stops.push(proxy.close);
    const origin = new URL(proxy.browserUrl).origin.replace('videocall', 'elsewhere');
    await expectForeignEvent(proxy.browserUrl, origin);
  });

  it('posts the event of a foreign origin where the simulator is known by one name only', async () => {
    await expectForeignEvent(`http://${INSECURE_HOST}:${new URL(d.mock.url).port}`, 'null');
  });

  describe.skipIf(noNginx)(`nginx${noNginx ? ` (${noNginx})` : ''}`, () => {
    const forward = () => `location / { proxy_pass ${d.mock.url}; proxy_set_header Host $host; }`;

    it.each([1, 12])('posts the three events of %d frames behind one server name', async (calls) => {
      const port = await findFreePort();
      stops.push(
        await startNginx(`
          server { listen 127.0.0.1:${port} default_server; return 404; }
          server { listen 127.0.0.1:${port}; server_name videocall.localhost; ${forward()} }`),
      );
      await expectThreeEvents(`http://videocall.localhost:${port}`, { calls });
    });

    it.each(['', 'ssl http2'])(
      'posts the three events behind a server that ends TLS (%s)',
      async (protocol) => {
        const port = await findFreePort();
        const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-tls-'));
        stops.push(() => rmSync(folder, { recursive: true }));
        const { cert, key } = await issueCertificate(['videocall.localhost'], systemTime());
        writeFileSync(path.join(folder, 'cert.pem'), cert);
        writeFileSync(path.join(folder, 'key.pem'), key);
        stops.push(
          await startNginx(`
          server {
            listen 127.0.0.1:${port} ${protocol || 'ssl'};
            server_name videocall.localhost;
            ssl_certificate ${folder}/cert.pem;
            ssl_certificate_key ${folder}/key.pem;
            ${forward()}
          }`),
        );
        await expectThreeEvents(`https://videocall.localhost:${port}`, { calls: 12 });
      },
    );
  });

  describe.each(DEV_SERVERS)('$name', (server) => {
    const missing = explainMissingDevServer(server);

    it.skipIf(missing)(
      `posts the three events through its compressing proxy${missing ? ` (${missing})` : ''}`,
      async () => {
        const { port, stop } = await startDevServer(server, d.mock.url);
        stops.push(stop);
        const base = `http://videocall.localhost:${port}`;
        await expect
          .poll(async () => (await fetch(`http://localhost:${port}/call`).catch(() => undefined))?.status, {
            timeout: 120_000,
          })
          .toBe(403);
        await expectThreeEvents(base);
      },
    );
  });

  it('posts the three events through a proxy that holds back every stream', async () => {
    const proxy = await startPageProxy(d.mock.url, { holdsBackStreams: true });
    stops.push(proxy.close);
    await expectThreeEvents(proxy.browserUrl);
  });
});
