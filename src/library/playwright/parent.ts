import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An integrator's page with the iframe of guide 5.3, which has no `src` yet. */
const HTML = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Video call</title><style>html, body { height: 100%; margin: 0 }</style></head>
<body><iframe id="videocall-iframe" title="Video call" allow="camera; microphone;"
 style="width:100%;height:100%;border:0"></iframe></body>
</html>`;

/** The address of that page, and how to stop its server. */
export interface ParentPage {
  /** An origin other than the frame's that browsers treat as secure without TLS. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the page. Browsers do not let a page that Playwright fulfils itself, without a server, embed a frame of this
 * machine (Local Network Access).
 */
export async function openParentPage(): Promise<ParentPage> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8').end(HTML);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${port}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
