import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The body of a page: a constant, or a function that creates it for each request. */
type Body = string | (() => Promise<string>);

/** An integrator's web server with pages from a test. */
export interface PageServer {
  /** Adds a page with this body, and returns its address. */
  page(body: Body, options?: { host?: string; query?: string; headers?: Record<string, string> }): string;
  close(): Promise<void>;
}

export async function startPageServer(): Promise<PageServer> {
  const pages: { body: Body; headers: Record<string, string> }[] = [];
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://pages');
    const asked = pages[Number(pathname.slice(1))];
    response.writeHead(asked === undefined ? 404 : 200, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      ...asked?.headers,
    });
    const body = typeof asked?.body === 'function' ? await asked.body() : asked?.body;
    response.end(`<!doctype html><html lang="en"><title>Shop</title>${body ?? ''}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    page: (body, { host = 'localhost', query = '', headers = {} } = {}) =>
      `http://${host}:${port}/${pages.push({ body, headers }) - 1}${query}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
