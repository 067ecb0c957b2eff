import { describe, expect, it } from 'vitest';
import { launchChromium } from '../support/chromium.ts';
import { openDrive } from '../support/drive.ts';
import { explainMissingTool } from '../support/tools.ts';
import { startPageServer } from '../support/web-pages.ts';

const why = explainMissingTool('chromium');

/** Requests that a page sends with and without a preflight, one after the other. */
const createScript = (adminUrl: string) => `(async () => {
  const ask = async (...request) => (await fetch(...request)).status;
  const url = '${adminUrl}/clients';
  const json = { 'content-type': 'application/json' };
  return [
    await ask(url),
    await ask(url, { method: 'POST', body: '{"client_id":"from-page"}', headers: json }),
    await ask(url + '/from-page', { method: 'DELETE' }),
    await ask(url + '/from-page', { method: 'DELETE' }),
  ];
})().catch((error) => error.name)`;

describe.skipIf(why)(`the control API asked by a page in Chromium${why ? ` (${why})` : ''}`, () => {
  it('answers the pages of a named origin, and carries out nothing for those of others', async () => {
    const pages = await startPageServer();
    const named = pages.page('');
    const d = await openDrive({
      admin: { user: 'admin', password: 'secret', origins: [new URL(named).origin] },
    });
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(named);
      expect(await page.evaluate(createScript(d.mock.adminUrl))).toEqual([200, 201, 204, 404]);
      await page.goto(pages.page('', { host: '127.0.0.1' }));
      expect(await page.evaluate(createScript(d.mock.adminUrl))).toBe('TypeError');
      await page.evaluate(
        (url) => fetch(url, { method: 'POST', mode: 'no-cors', body: '{"client_id":"from-page"}' }),
        `${d.mock.adminUrl}/clients`,
      );
      expect((await d.admin('GET', '/clients')).json.total).toBe(1);
    } finally {
      await browser.close();
      await d.mock.close();
      await pages.close();
    }
  });
});
