import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import type { Json } from './drive.ts';
import { chromiumStage } from './stage.ts';
import { missing } from './tools.ts';

const why = missing('chromium');

describe.skipIf(why)(
  `what an integrator's page in Chromium is told of its mistakes${why ? ` (${why})` : ''}`,
  () => {
    const stage = chromiumStage();

    /** Opens a page of an integrator with this in its body, `FRAME` being the address of the frame. */
    async function shows(body: string): Promise<string[]> {
      const { d, page } = stage;
      const client = await d.newClient({ scenario: 'manual' });
      const query = new URLSearchParams({ access_token: await d.token(client), validation_id: 'val-1' });
      const frame = `${d.mock.browserUrl}/call?${query}`.replaceAll('&', '&amp;');
      const server = createServer((_, response) => {
        response.writeHead(200, { 'content-type': 'text/html' });
        response.end(`<!doctype html><title>Shop</title>${body.replaceAll('FRAME', frame)}`);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const here = `http://localhost:${(server.address() as AddressInfo).port}/`;
      await page.goto(body === '' ? `${d.mock.browserUrl}/call?${query}` : here);
      const of = `client_id=${client.client_id}`;
      const diagnosed = async () =>
        (await d.admin('GET', `/calls?${of}`)).json.items[0]?.pages.some(
          ({ diagnostics }: Json) => diagnostics !== null,
        ) ?? false;
      await expect.poll(diagnosed).toBe(true);
      server.close();
      server.closeAllConnections();
      return (await d.admin('GET', `/findings?${of}`)).json.items.map(({ rule }: Json) => rule);
    }
    const SIZE = 'width="800" height="600"';

    it.each([
      ['nothing', `<iframe ${SIZE} allow="camera; microphone;" src="FRAME"></iframe>`, []],
      ['opened-top-level', '', ['opened-top-level']],
      ['camera-not-allowed', `<iframe ${SIZE} allow="camera" src="FRAME"></iframe>`, ['camera-not-allowed']],
      [
        'sandboxed-origin',
        `<iframe ${SIZE} allow="camera; microphone;" sandbox="allow-scripts" src="FRAME"></iframe>`,
        ['sandboxed-origin'],
      ],
      [
        'frame-too-small',
        '<iframe style="width:100%;height:100%" allow="camera; microphone;" src="FRAME"></iframe>',
        ['frame-too-small'],
      ],
    ])('%s', async (_, body, rules) => {
      expect(await shows(body)).toEqual(rules);
    });
  },
);
