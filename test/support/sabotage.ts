import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** A request on its way to the simulator. */
export interface ProxiedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A response on its way back. */
export interface ProxiedAnswer {
  status: number;
  headers: Record<string, string | string[]>;
  body: string;
}

/** Changes between a simulator and its client. */
export interface Sabotage {
  /** Changes a request in place, or returns a response instead of the simulator's. */
  request?(passing: ProxiedRequest): ProxiedAnswer | undefined;
  /** Changes a response in place. */
  answer?(returning: ProxiedAnswer, passing: ProxiedRequest): void;
}

/** Headers that belong to a single connection. */
const HOP_HEADERS = [
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'content-encoding',
  'host',
];

const withoutHopHeaders = (headers: IncomingHttpHeaders): [string, string][] =>
  Object.entries(headers).flatMap(([name, value]) =>
    HOP_HEADERS.includes(name) || value === undefined ? [] : [[name, String(value)] as [string, string]],
  );

/** Starts a proxy to the simulator at `target` that forwards everything except for the planted sabotage. */
export async function startSabotageProxy(target: string) {
  let sabotage: Sabotage = {};

  async function forward({ method, url, headers, body }: ProxiedRequest): Promise<ProxiedAnswer> {
    const answer = await fetch(`${target}${url}`, {
      method,
      headers: withoutHopHeaders(headers),
      redirect: 'manual',
      ...(method !== 'GET' && method !== 'HEAD' && { body: Buffer.from(body, 'latin1') }),
    });
    const text = Buffer.from(await answer.arrayBuffer()).toString('latin1');
    const entries = [...answer.headers].filter(([name]) => !HOP_HEADERS.includes(name));
    return { status: answer.status, headers: Object.fromEntries(entries), body: text };
  }

  async function pass(passing: ProxiedRequest, response: ServerResponse): Promise<void> {
    const asked = { ...passing };
    const returning = sabotage.request?.(asked) ?? (await forward(asked));
    sabotage.answer?.(returning, asked);
    const body = Buffer.from(returning.body, 'latin1');
    response.writeHead(returning.status, { ...returning.headers, 'content-length': String(body.length) });
    response.end(body);
  }

  const server = createServer(async (request, response) => {
    const { method = 'GET', url = '/', headers } = request;
    const body = (await buffer(request)).toString('latin1');
    await pass({ method, url, headers, body }, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Replaces the current sabotage. */
    plant(one: Sabotage): void {
      sabotage = one;
    },
    close(): void {
      server.closeAllConnections();
      server.close();
    },
  };
}
