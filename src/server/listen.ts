import { createServer, type RequestListener, type Server } from 'node:http';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { type Hurried, hurried } from './read-timeout.ts';
import { TIMEOUTS_MS, type Timeouts } from './timeouts.ts';
import type { Secured, TlsIdentity } from './tls.ts';

/** A port that could not be had, in words for whoever asked for it. */
export class CannotListen extends Error {}

/** Servers that are bound to one port. */
export interface Listening {
  readonly port: number;
  /** Lets `handler` answer, also the requests that came before. */
  serve(handler: RequestListener): void;
  /** Takes no more connections and ends those there are, the busy ones after a moment. */
  close(): Promise<void>;
}

/** Node looks for late requests this often before one is late. */
const REQUEST_CHECKS = 6;
/** Answers under way at the end get this long. */
const GRACE_MS = 1_000;
const SWEEP_MS = 20;

const THIS_MACHINE = ['127.0.0.1', '::1'];
/** On what is listened where `host` is asked for, or nothing is. */
export const hostsOf = (host: string | undefined): readonly string[] =>
  host === undefined ? THIS_MACHINE : [host];

const WHY: Record<string, string> = {
  EADDRINUSE: 'it is in use; choose another with --port, or 0 for a free one',
  EACCES: 'this user may not use it; choose one above 1023 with --port',
  EADDRNOTAVAIL: 'this machine has no such address; see --host',
  ENOTFOUND: 'there is no such host; see --host',
};
const NO_IPV6 = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];
/** A port that is free for one family may be taken for the other. */
const MOST_TRIES = 20;

const codeOf = (error: unknown) => (error as NodeJS.ErrnoException).code ?? '';

/** Whether an address could not be had because the machine has no IPv6: then it is served on IPv4 alone. */
export const isWithoutIpv6 = (error: unknown): boolean => NO_IPV6.includes(codeOf(error));

/** A server on one address, and its part that speaks TLS, if it does. */
interface Bound {
  readonly server: Server;
  readonly secure: Secured | undefined;
  readonly readers: Hurried;
}

/** Who answers, and what lets him speak TLS, if he should. */
interface Answering {
  readonly handler: RequestListener;
  readonly timeouts: Timeouts;
  readonly secure: ((server: Server, handler: RequestListener) => Secured) | undefined;
}

/** What lets a server speak TLS, and HTTP/2 with it: these take long to load, and few need them. */
async function securing(tls: TlsIdentity, timeouts: Timeouts): Promise<NonNullable<Answering['secure']>> {
  const { secured } = await import('./tls.ts');
  return (server, handler) => secured(server, handler, tls, timeouts);
}

function bind(
  { handler: all, secure: speakTls, timeouts: { request, read } }: Answering,
  host: string,
  port: number,
): Promise<Bound> {
  const readers = hurried(all, read);
  const { handler } = readers;
  const server = createServer(
    { requestTimeout: request, connectionsCheckingInterval: Math.ceil(request / REQUEST_CHECKS) },
    handler,
  );
  const secure = speakTls?.(server, handler);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      readers.stop();
      const why = WHY[codeOf(error)] ?? error.message;
      reject(new CannotListen(`cannot listen on ${host} port ${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => resolve({ server, secure, readers }));
  });
}

const portOf = ({ server }: Bound): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const stop = ({ server, secure, readers }: Bound): Promise<void> =>
  new Promise((resolve) => {
    const closeIdle = () => {
      server.closeIdleConnections();
      secure?.closeIdle();
    };
    const cut = setTimeout(() => {
      server.closeAllConnections();
      secure?.closeAll();
    }, GRACE_MS);
    // A connection whose last answer has just ended would be kept alive for more that will not come.
    const sweep = setInterval(closeIdle, SWEEP_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      readers.stop();
      resolve();
    });
    closeIdle();
  });

/** One server for each address, all on the port that the first one gets. */
async function bindAll(answering: Answering, hosts: readonly string[], port: number): Promise<Bound[]> {
  const servers: Bound[] = [];
  for (const host of hosts) {
    try {
      servers.push(await bind(answering, host, servers[0] === undefined ? port : portOf(servers[0])));
    } catch (error) {
      if (servers.length > 0 && isWithoutIpv6((error as Error).cause)) continue;
      await Promise.all(servers.map(stop));
      throw error;
    }
  }
  return servers;
}

/** Answers as `serve` is told to; a request that comes before waits for it. */
function createGate() {
  const waiting: Parameters<RequestListener>[] = [];
  let handle: RequestListener = (...exchange) => void waiting.push(exchange);
  return {
    handler: ((request, response) => handle(request, response)) satisfies RequestListener as RequestListener,
    serve(handler: RequestListener) {
      handle = handler;
      for (const exchange of waiting.splice(0)) handler(...exchange);
    },
  };
}

/**
 * Binds `port` of `host`, or of this machine's own addresses of both families.
 *
 * @param port 0 chooses a free one
 * @param tls as whom it answers over TLS as well, on the same port; left out, it does not
 * @param timeouts when slow clients are disconnected
 * @throws {CannotListen}
 * @internal
 */
export async function listen(
  host: string | undefined,
  port: number,
  tls?: TlsIdentity,
  timeouts = TIMEOUTS_MS,
): Promise<Listening> {
  const { handler, serve } = createGate();
  const secure = tls && (await securing(tls, timeouts));
  for (let tries = 1; ; tries += 1) {
    try {
      const servers = await bindAll({ handler, secure, timeouts }, hostsOf(host), port);
      const [first] = servers as [Bound];
      return { port: portOf(first), serve, close: async () => void (await Promise.all(servers.map(stop))) };
    } catch (error) {
      if (port !== 0 || tries === MOST_TRIES) throw error;
    }
  }
}
