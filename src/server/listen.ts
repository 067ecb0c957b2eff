import { createServer, type RequestListener, type Server } from 'node:http';
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../system/timers.ts';
import { answerClientErrors } from './client-errors.ts';
import { answerExpectations } from './expectation.ts';
import { lingerOnClose } from './linger.ts';
import { type ReadTimeoutHandler, withReadTimeout } from './read-timeout.ts';
import { TIMEOUTS_MS, type Timeouts } from './timeouts.ts';
import type { TlsIdentity, TlsServer } from './tls.ts';
import type { OnUnreadable, UnreadableRequest } from './unreadable.ts';

/** A port or address that cannot be bound; the message says why. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';

  /** By its name: Jest loads this class once more than the server does. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    return (value as Error | null)?.name === 'CannotListen';
  }
}

/**
 * Servers that are bound to one port.
 *
 * @internal
 */
export interface PortListener {
  readonly port: number;
  /**
   * Starts to answer with `handler`, including requests that are already waiting.
   *
   * @param onUnreadable is called for what reaches no handler
   */
  serve(handler: RequestListener, onUnreadable?: OnUnreadable): void;
  /** Stops accepting connections and closes the open ones, busy ones after a short grace period. */
  close(): Promise<void>;
}

/** How often Node checks for late requests within one request timeout. */
const REQUEST_CHECKS = 6;
/** Grace period for responses in progress. */
const SHUTDOWN_TIMEOUT_MS = 1_000;
const IDLE_SWEEP_MS = 20;

const LOOPBACK_HOSTS = ['127.0.0.1', '::1'];
/** The addresses to bind for `host`, or by default. */
export const toHosts = (host: string | undefined): readonly string[] =>
  host === undefined ? LOOPBACK_HOSTS : [host];

const ERROR_REASONS: Record<string, string> = {
  EADDRINUSE: 'the port is in use; choose another with --port, or 0 for a free one',
  EACCES: 'this user may not use the port; choose one above 1023 with --port',
  EADDRNOTAVAIL: 'this machine has no such address; check --host',
  ENOTFOUND: 'the host cannot be found; check --host',
};
const NO_IPV6_CODES = ['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'EINVAL'];
/** A port that is free for one address family may be taken for the other. */
const MAX_ATTEMPTS = 20;

const getErrorCode = (error: unknown) => (error as NodeJS.ErrnoException | undefined)?.code ?? '';

/** Whether binding failed because the machine has no IPv6: then IPv4 alone is served. */
export const isIpv6Unavailable = (error: unknown): boolean => NO_IPV6_CODES.includes(getErrorCode(error));

/** A server on one address, and its TLS part, if any. */
interface BoundServer {
  readonly server: Server;
  readonly secure: TlsServer | undefined;
  readonly readers: ReadTimeoutHandler;
}

/** The request handler, and the TLS identity, if TLS is wanted. */
interface ServerSetup {
  readonly handler: RequestListener;
  readonly onUnreadable: OnUnreadable;
  readonly timeouts: Timeouts;
  readonly secure: ((server: Server, handler: RequestListener) => TlsServer) | undefined;
}

/** Loaded only for TLS: `http2` takes long to load, and few need it. */
async function loadTls(
  tls: TlsIdentity,
  timeouts: Timeouts,
  onUnreadable: OnUnreadable,
): Promise<NonNullable<ServerSetup['secure']>> {
  const { addTls } = await import('./tls.ts');
  return (server, handler) => addTls(server, handler, onUnreadable, tls, timeouts);
}

function bind(
  { handler: all, onUnreadable, secure: speakTls, timeouts: { request, read } }: ServerSetup,
  host: string,
  port: number,
): Promise<BoundServer> {
  const readers = withReadTimeout(all, read);
  const { handler } = readers;
  const server = createServer(
    {
      requestTimeout: request,
      connectionsCheckingInterval: Math.ceil(request / REQUEST_CHECKS),
      // A request without Host is refused where it can be recorded.
      requireHostHeader: false,
    },
    handler,
  );
  answerExpectations(server, handler);
  answerClientErrors(server, onUnreadable, readers.getLastResponse);
  lingerOnClose(server, request);
  const secure = speakTls?.(server, handler);
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      readers.stop();
      const why = ERROR_REASONS[getErrorCode(error)] ?? error.message;
      reject(new CannotListen(`cannot listen on ${host} port ${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => resolve({ server, secure, readers }));
  });
}

const getPort = ({ server }: BoundServer): number => {
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};

const stopServer = ({ server, secure, readers }: BoundServer): Promise<void> =>
  new Promise((resolve) => {
    const closeIdle = () => {
      server.closeIdleConnections();
      secure?.closeIdle();
    };
    const cut = setTimeout(() => {
      server.closeAllConnections();
      secure?.closeAll();
    }, SHUTDOWN_TIMEOUT_MS);
    // Close a connection after its last response, instead of keeping it alive for requests that will not come.
    const sweep = setInterval(closeIdle, IDLE_SWEEP_MS);
    server.close(() => {
      clearTimeout(cut);
      clearInterval(sweep);
      readers.stop();
      resolve();
    });
    closeIdle();
  });

/** One server per address, all on the port that the first one gets. */
async function bindAll(
  answering: ServerSetup,
  hosts: readonly string[],
  port: number,
): Promise<BoundServer[]> {
  const servers: BoundServer[] = [];
  for (const host of hosts) {
    try {
      servers.push(await bind(answering, host, servers[0] === undefined ? port : getPort(servers[0])));
    } catch (error) {
      if (servers.length > 0 && isIpv6Unavailable((error as Error).cause)) continue;
      await Promise.all(servers.map(stopServer));
      throw error;
    }
  }
  return servers;
}

/** Answers as `serve` says; requests that come earlier wait. */
function createGate() {
  const waiting: Parameters<RequestListener>[] = [];
  let handle: RequestListener = (...exchange) => void waiting.push(exchange);
  let record: OnUnreadable = async () => {};
  const handler: RequestListener = (request, response) => handle(request, response);
  return {
    handler,
    onUnreadable: (request: UnreadableRequest) => record(request),
    serve(listener: RequestListener, onUnreadable: OnUnreadable = record) {
      handle = listener;
      record = onUnreadable;
      for (const exchange of waiting.splice(0)) listener(...exchange);
    },
  };
}

/**
 * Binds `port` on `host`, or on the loopback addresses of both families.
 *
 * @param port 0 chooses a free one
 * @param tls the TLS identity, to accept TLS on the same port
 * @param timeouts when slow clients are disconnected
 * @throws {CannotListen}
 * @internal
 */
export async function listen(
  host: string | undefined,
  port: number,
  tls?: TlsIdentity,
  timeouts = TIMEOUTS_MS,
): Promise<PortListener> {
  const { handler, onUnreadable, serve } = createGate();
  const secure = tls && (await loadTls(tls, timeouts, onUnreadable));
  for (let attempts = 1; ; attempts += 1) {
    try {
      const servers = await bindAll({ handler, onUnreadable, secure, timeouts }, toHosts(host), port);
      const [first] = servers as [BoundServer];
      return {
        port: getPort(first),
        serve,
        close: async () => void (await Promise.all(servers.map(stopServer))),
      };
    } catch (error) {
      const isTaken = getErrorCode((error as Error).cause) === 'EADDRINUSE';
      if (port !== 0 || !isTaken || attempts === MAX_ATTEMPTS) throw error;
    }
  }
}
