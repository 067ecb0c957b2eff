import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How a proxy changes the call page. */
interface ProxyOptions {
  /** The path under which it serves the simulator. */
  readonly folder?: string;
  /** It deletes EventSource before the script of the page runs, as in browsers without it (Edge before 79). */
  readonly deletesEventSource?: boolean;
  /** It answers requests for events itself. */
  readonly blocksStreams?: boolean;
  /** It passes on an event stream when that has ended. */
  readonly holdsBackStreams?: boolean;
}

/** Starts a proxy to the simulator. */
export async function startPageProxy(
  url: string,
  { folder = '', deletesEventSource = false, blocksStreams = false, holdsBackStreams = false }: ProxyOptions,
): Promise<{ browserUrl: string; close(): Promise<void> }> {
  const { hostname, port: target } = new URL(url);

  function forward(incoming: IncomingMessage, outgoing: ServerResponse) {
    const { method, headers } = incoming;
    const path = incoming.url?.slice(folder.length);
    if (blocksStreams && path?.startsWith('/call/events')) {
      outgoing.writeHead(502).end();
      return;
    }
    const onward = request({ hostname, port: target, method, path, headers }, (answer) => {
      const isType = (type: string) => answer.headers['content-type']?.startsWith(type) ?? false;
      const isChanged = deletesEventSource && isType('text/html');
      const { 'content-length': _, ...rest } = answer.headers;
      outgoing.writeHead(answer.statusCode ?? 502, isChanged ? rest : answer.headers);
      if (!isChanged && !(holdsBackStreams && isType('text/event-stream'))) {
        answer.pipe(outgoing);
        return;
      }
      outgoing.flushHeaders();
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      answer.on('end', () =>
        outgoing.end(
          isChanged ? text.replace(/<script nonce="[^"]*">/, '$&delete window.EventSource;') : text,
        ),
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
    browserUrl: `http://videocall.localhost:${port}${folder}`,
    close: async () => {
      for (const server of servers) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}
