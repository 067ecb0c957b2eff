import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';

/**
 * How a shop embeds the frame when it differs from the guide: `hidden`, in a page with cross-origin isolation
 * (`isolated`), in a `sandbox` that allows scripts only, or with permission for `nothing`.
 */
export type EmbedStyle = 'hidden' | 'isolated' | 'sandbox' | 'nothing';

const ISOLATION = {
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-embedder-policy': 'require-corp',
};

/** An integrator's web shop: a plain page with the guide's iframe (5.3) and listener (5.5), of another origin. */
export interface Shop {
  /** Returns the address of a page that embeds every address in `src`. */
  getPageUrl(src: string | readonly string[], style?: EmbedStyle): string;
  close(): Promise<void>;
}

const escapeAttribute = (text: string) => text.replaceAll('&', '&amp;').replaceAll('"', '&quot;');

const renderIframe = (src: string, style: string | null) =>
  `<iframe id="videocall-iframe"${style === 'nothing' ? '' : ' allow="camera; microphone;"'} style="width:100%;height:100%;"${
    style === 'sandbox' ? ' sandbox="allow-scripts"' : ''
  } src="${escapeAttribute(src)}"></iframe>`;

const renderPage = (sources: readonly string[], style: string | null) => `<!doctype html>
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
<div style="height: 100%${style === 'hidden' ? '; display: none' : ''}">${sources.map((src) => renderIframe(src, style)).join('\n')}</div>
</body>
</html>`;

/** @param tls certificate and key; with them the shop uses HTTPS */
export async function openShop(tls?: { cert: string; key: string }): Promise<Shop> {
  const answer: RequestListener = (request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://shop');
    const style = searchParams.get('style');
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      ...(style === 'isolated' && ISOLATION),
    });
    response.end(renderPage(searchParams.getAll('src'), style));
  };
  const server = tls === undefined ? createServer(answer) : createSecureServer(tls, answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    getPageUrl(src, style) {
      const query = new URLSearchParams([src].flat().map((one) => ['src', one]));
      if (style !== undefined) query.set('style', style);
      return `${tls === undefined ? 'http' : 'https'}://localhost:${port}/?${query}`;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Returns the messages that the guide's listener has accepted so far. */
export const getHeardEvents = (page: Page): Promise<Record<string, unknown>[]> => page.evaluate('heard');

/** Waits until the guide's listener has accepted `count` messages, and returns them. */
export async function waitForEvents(page: Page, count: number): Promise<Record<string, unknown>[]> {
  await page.waitForFunction(`heard.length >= ${count}`);
  return getHeardEvents(page);
}
