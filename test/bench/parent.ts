import { launchChromium } from '../support/chromium.ts';
import { findTool } from '../support/tools.ts';
import { startPageServer } from '../support/web-pages.ts';
import { simulator } from './served.ts';

const WARM_UP = 20;

/** Records when each message arrives, by a clock that all processes share. */
const LISTENER = `<script>
var heard = {};
addEventListener('message', function (event) { heard[event.data.message] = performance.timeOrigin + performance.now(); });
</script>`;

/** Measures the milliseconds from a control API request to its event in the parent page, in Chromium, `times` times. */
export async function toParent(times: number): Promise<number[]> {
  const [served, pages, browser] = [
    await simulator('--scenario', 'manual'),
    await startPageServer(),
    await launchChromium({ executablePath: findTool('chromium') }),
  ];
  const admin = async (path: string, body: object) => {
    const answer = await fetch(`${served.url}/__admin${path}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(await answer.text());
  };
  try {
    const answer = await fetch(`${served.url}/o/token/`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: 'sandbox-client',
        client_secret: 'sandbox-secret',
      }),
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    const query = new URLSearchParams({ access_token, validation_id: 'val-1' });
    const frame = `http://videocall.localhost:${new URL(served.url).port}/call?${query}`;
    const page = await browser.newPage();
    await page.goto(
      pages.page(
        `${LISTENER}<iframe allow="camera; microphone;" src="${frame.replace('&', '&amp;')}"></iframe>`,
      ),
    );
    await page.frameLocator('iframe').getByText('Waiting for an agent').waitFor();
    await admin('/calls/val-1/agent', { action: 'join' });
    const took: number[] = [];
    for (let time = 0; time < WARM_UP + times; time += 1) {
      const begun = performance.timeOrigin + performance.now();
      // The response arrives after the page has reported the event as posted.
      await admin('/calls/val-1/events', { type: 'info', code: 'VideocallLoading', message: `${time}` });
      const at = (await page.evaluate(`heard['${time}']`)) as number;
      if (time >= WARM_UP) took.push(at - begun);
    }
    return took;
  } finally {
    await browser.close();
    await Promise.all([pages.close(), served.stop()]);
  }
}
