import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * Starts a proxy to the simulator that deletes EventSource before the script of the page runs, as in browsers without
 * it (Edge before 79).
 */
export async function startProxyWithoutEventSource(
  url: string,
): Promise<{ browserUrl: string; close(): Promise<void> }> {
  const { hostname, port: target } = new URL(url);

  function forward(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { method, headers, url: path } = incoming;
    const onward = request({ hostname, port: target, method, path, headers }, (answer) => {
      const isPage = answer.headers['content-type']?.startsWith('text/html') ?? false;
      const { 'content-length': _, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, isPage ? rest : answer.headers);
      if (!isPage) {
        answer.pipe(outgoing);
        return;
      }
      let html = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        html += chunk;
      });
      answer.on('end', () =>
        outgoing.end(html.replace(/<script nonce="[^"]*">/, '$&delete window.EventSource;')),
      );
    });
    onward.on('error', () => outgoing.destroy());
    outgoing.on('close', () => onward.destroy());
    incoming.pipe(onward);
  }

  const listen = (host: string, port: number) =>
    new Promise<Server>((resolve) => {
      const server = createServer(forward).listen(port, host, () => resolve(server));
    });
  const first = await listen('127.0.0.1', 0);
  const { port } = first.address() as AddressInfo;
  const servers = [first, await listen('::1', port)];
  return {
    browserUrl: `http://videocall.localhost:${port}`,
    close: async () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
