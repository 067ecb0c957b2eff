import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A page of an integrator with the iframe of guide 5.3, which has no address yet. */
const HTML = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Video call</title><style>html, body { height: 100%; margin: 0 }</style></head>
<body><iframe id="videocall-iframe" title="Video call" allow="camera; microphone;"
 style="width:100%;height:100%;border:0"></iframe></body>
</html>`;

/** Where that page is, and what ends it. */
export interface ParentPage {
  /** Another origin than the frame's, which browsers hold to be secure without TLS as well. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves the page. Browsers keep what was made up for them, without a server, from opening a frame of this machine
 * (Local Network Access).
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
