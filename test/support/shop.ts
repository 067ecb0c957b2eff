import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';

/**
 * How a shop embeds the frame, if not as the guide shows: `hidden` until it is needed, in a page with cross-origin
 * isolation, in a `sandbox` that allows scripts only, or so that it may have `nothing`.
 */
export type EmbedStyle = 'hidden' | 'isolated' | 'sandbox' | 'nothing';

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** An integrator's web shop: a plain page with the guide's iframe (5.3) and listener (5.5), of another origin. */
export interface Shop {
  /** Address of the page that embeds each of `src`. */
  getPageUrl(src: string | readonly string[], habit?: EmbedStyle): string;
  close(): Promise<void>;
}

const escapeAttribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

const renderIframe = (src: string, habit: string | null) =>
  `<iframe id="videocall-iframe"${habit === 'nothing' ? '' : ' allow="camera; microphone;"'} style="width:100%;height:100%;"${
    habit === 'sandbox' ? ' sandbox="allow-scripts"' : ''
  } src="${escapeAttribute(src)}"></iframe>`;

const renderPage = (sources: readonly string[], habit: string | null) => `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Shop</title><style>html, body { height: 100%; margin: 0 }</style></head>
<body>
<script>
  var everything = [];
  var heard = [];
  window.addEventListener('message', receiveMessage, false);
  function receiveMessage(event) {
    everything.push({ origin: event.origin, data: event.data });
    if (event.origin.includes('videocall') && event.data.code) heard.push(event.data);
  }
</script>
<div style="height: 100%${habit === 'hidden' ? '; display: none' : ''}">${sources.map((src) => renderIframe(src, habit)).join('\n')}</div>
</body>
</html>`;

/** @param tls its certificate and key, if it is to speak TLS */
export async function openShop(tls?: { cert: string; key: string }): Promise<Shop> {
  const answer: RequestListener = (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://shop');
    const habit = searchParams.get('habit');
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      ...(habit === 'isolated' && ISOLATION),
    });
    response.end(renderPage(searchParams.getAll('src'), habit));
  };
  const server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    getPageUrl(src, habit) {
      const query = new URLSearchParams([src].flat().map((one) => ['src', one]));
      if (habit !== undefined) query.set('habit', habit);
      return `${tls === undefined ? 'http' : 'https'}://localhost:${port}/?${query}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What the guide's listener has let through so far. */
export const getHeardEvents = (page: Page): Promise<Record<string, unknown>[]> => page.evaluate('heard');

/** Waits until the guide's listener has heard `count` messages. */
export async function waitForEvents(page: Page, count: number): Promise<Record<string, unknown>[]> {
  await page.waitForFunction(`heard.length >= ${count}`);
  return getHeardEvents(page);
}
