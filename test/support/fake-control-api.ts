import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server that answers for a control API: `answer` gives the body for a path below it. */
export async function startFakeControlApi(
  answer: (about: string) => string | Promise<string>,
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
