import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Starts a server in place of a control API. `answer` returns the body for a path below `/__admin`. */
export async function startFakeControlApi(
  answer: (path: string) => string | Promise<string>,
): Promise<{ readonly url: string; close(): Promise<void> }> {
  const server = createServer(async ({ url = '' }, response) => {
    response.end(await answer(url.replace('/__admin', '')));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
