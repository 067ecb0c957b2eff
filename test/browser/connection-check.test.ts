import { describe, expect, it } from 'vitest';
import { useChromium } from '../support/chromium-page.ts';
import { createSharedStore, type Drive, openDrive } from '../support/drive.ts';
import { startPageProxy } from '../support/page-proxy.ts';
import type { EmbedStyle } from '../support/shop.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

const GOOD = {
  Connection: 'works',
  'Secure page': 'yes',
  Camera: 'allowed by this page',
  Microphone: 'allowed by this page',
  Browser: 'can make video calls',
};
const REFUSED = { Camera: 'not allowed by this page', Microphone: 'not allowed by this page' };
const SYMBOLS: Record<string, string> = { good: '✓', bad: '✕', open: '…' };

describe.skipIf(why)(`the connection check of the waiting room${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();
  const frame = () => stage.page.frameLocator('#videocall-iframe');

  /** Reads the result of each check by its name. Each line must start with the symbol of its result. */
  async function readChecks(): Promise<Record<string, string>> {
    const lines = await frame()
      .locator('.checks li')
      .evaluateAll((items) => items.map((item) => [item.textContent, item.getAttribute('data-result')]));
    return Object.fromEntries(
      lines.map(([text, result]) => {
        const symbol = SYMBOLS[result ?? ''] ?? 'a symbol';
        expect(text?.startsWith(symbol)).toBe(true);
        return text?.slice(symbol.length).split(': ') as [string, string];
      }),
    );
  }
  const expectChecks = (expected: Record<string, string>) => expect.poll(readChecks).toEqual(expected);

  async function embed(options: { at?: Drive; base?: string; style?: EmbedStyle } = {}) {
    const { at = stage.d, base = at.mock.browserUrl, style } = options;
    const client = await at.createClient({ scenario: 'manual' });
    const query = new URLSearchParams({ access_token: await at.token(client), validation_id: 'val-1' });
    await stage.page.goto(stage.shop.getPageUrl(`${base}/call?${query}`, style));
    return client;
  }
  const diagnostics = async (client: { client_id: string }) =>
    (await stage.d.admin('GET', `/calls/val-1?client_id=${client.client_id}`)).json.pages[0].diagnostics;

  it('passes without a camera prompt and leaves the waiting room unchanged', async () => {
    await stage.page.addInitScript(() => {
      navigator.mediaDevices.getUserMedia = () => {
        document.title = 'asked';
        return Promise.reject(new Error('not yet'));
      };
    });
    const client = await embed();
    await expectChecks(GOOD);
    expect(await frame().locator('body').getAttribute('data-state')).toBe('waiting-room');
    expect(await frame().locator('title').textContent()).toBe('Video call');
    expect(await diagnostics(client)).toMatchObject({ webRtc: true, cameraAllowed: true });
  });

  it('shows customers their own checks on the card, and developers theirs under it', async () => {
    await embed();
    await expectChecks(GOOD);
    const names = (list: string) =>
      frame()
        .locator(`${list} li`)
        .evaluateAll((items) => items.map((item) => item.getAttribute('data-check')));
    expect(await names('main .for-customers')).toEqual(['connection', 'browser']);
    expect(await names('footer .for-developers')).toEqual(['secure', 'camera', 'microphone']);
  });

  it("passes while the page's clock is paused", async () => {
    await stage.page.clock.install({ time: new Date('2030-01-01T00:00:00Z') });
    await stage.page.clock.pauseAt(new Date('2030-01-01T01:00:00Z'));
    await embed();
    await expectChecks(GOOD);
  });

  it('names the devices that the frame may not use', async () => {
    await embed({ style: 'nothing' });
    await expectChecks({ ...GOOD, ...REFUSED });
  });

  it('reports an insecure page and a browser without support for video calls', async () => {
    await stage.page.addInitScript(() => {
      Reflect.deleteProperty(window, 'RTCPeerConnection');
      Object.defineProperty(window, 'isSecureContext', { value: false });
    });
    const client = await embed();
    await expectChecks({
      ...GOOD,
      'Secure page': 'no, so your browser blocks the camera',
      Browser: 'cannot make video calls',
    });
    expect(await diagnostics(client)).toMatchObject({ webRtc: false, secureContext: false });
  });

  it('reports an interrupted connection and its recovery', async () => {
    const options = { ...createSharedStore(), scenario: 'manual' };
    const before = await openDrive(options);
    await embed({ at: before });
    await expectChecks(GOOD);
    await before.mock.close();
    await expectChecks({ ...GOOD, Connection: 'interrupted, reconnecting' });
    const after = await openDrive({ ...options, port: Number(new URL(before.mock.url).port) });
    await expectChecks(GOOD);
    await after.mock.close();
  });

  it('passes without EventSource', async () => {
    const proxy = await startPageProxy(stage.d.mock.url, { deletesEventSource: true });
    await embed({ base: proxy.browserUrl });
    await expectChecks(GOOD);
    await proxy.close();
  });

  it('reaches the media ports when they are open', async () => {
    const at = await openDrive({ mediaPorts: { tcp: 0, udp: 0 } });
    try {
      await embed({ at });
      const { tcp, udp } = at.mock.mediaPorts ?? { tcp: 0, udp: 0 };
      await expectChecks({ ...GOOD, [`TCP ${tcp}`]: 'reached', [`UDP ${udp}`]: 'reached' });
    } finally {
      await at.mock.close();
    }
  });

  it('tests the ports that the server lists and marks those that it cannot test', async () => {
    const closed = await openDrive();
    await closed.mock.close();
    const ports = [
      { name: 'TCP 4443', url: `${stage.d.mock.browserUrl}/call/events` },
      { name: 'TCP 4444', url: `${closed.mock.browserUrl}/` },
      { name: 'UDP 10000' },
    ];
    await stage.page.route(/\/call\?/, async (route) => {
      const answer = await route.fetch({
        url: route.request().url().replace('videocall.localhost', '127.0.0.1'),
      });
      const html = (await answer.text()).replace('"reports":', `"ports":${JSON.stringify(ports)},"reports":`);
      const csp = answer
        .headers()
        ['content-security-policy']?.replace('connect-src', `connect-src ${ports[1]?.url}`);
      await route.fulfill({
        response: answer,
        body: html,
        headers: { ...answer.headers(), 'content-security-policy': csp ?? '' },
      });
    });
    await embed();
    await expectChecks({
      ...GOOD,
      'TCP 4443': 'reached',
      'TCP 4444': 'not reached',
      'UDP 10000': 'not tested',
    });
  });

  it('shows only the failed checks, on one line, in a frame of 150 pixels', async () => {
    await stage.page.setViewportSize({ width: 984, height: 150 });
    await embed({ style: 'nothing' });
    await expectChecks({ ...GOOD, ...REFUSED });
    const visible = frame().locator('.checks li:visible');
    expect(await visible.allTextContents()).toEqual([
      '✕Camera: not allowed by this page',
      '✕Microphone: not allowed by this page',
    ]);
    expect((await frame().locator('.checks.for-developers').boundingBox())?.height).toBeLessThan(24);
    expect(
      await frame()
        .locator('html')
        .evaluate((html) => html.scrollHeight),
    ).toBeLessThanOrEqual(150);
  });
});
