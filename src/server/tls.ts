import { METHODS, type RequestListener, type Server } from 'node:http';
import {
  constants,
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type Http2Session,
} from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../system/timers.ts';
import { answerExpectations } from './expectation.ts';
import type { Timeouts } from './timeouts.ts';
import {
  type ClientError,
  describeTlsError,
  describeUnknownMethod,
  encodeTarget,
  listHeaders,
  NO_HEAD,
  type OnUnreadable,
  USED_AS_PROXY,
} from './unreadable.ts';

/** A certificate with the intermediates that lead to its authority, and its key, both as PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/**
 * The part of a server that speaks TLS.
 *
 * @internal
 */
export interface TlsServer {
  /** Ends idle connections. */
  closeIdle(): void;
  /** Ends all connections. */
  closeAll(): void;
}

/** First byte of every TLS connection: the content type of a handshake. RFC 8446, 5.1. */
const TLS_HANDSHAKE_BYTE = 22;
/** Per connection. RFC 9113, 6.5.2 recommends no fewer. */
const MAX_STREAMS = 100;

type ConnectionListener = (socket: Socket) => void;

/** Removes the listeners of `event` from `server` and returns one function that calls them all. */
function takeListeners(server: Server | Http2SecureServer, event: string): ConnectionListener {
  const listeners = server.listeners(event) as ConnectionListener[];
  server.removeAllListeners(event);
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
}

/**
 * Tracks HTTP/2 sessions. Closes a session without requests for `idleTimeoutMs`, and destroys one that has not answered a
 * ping for that long: the peer may be gone, or may have sent bytes that are not HTTP/2, after which Node stops reading
 * without an event.
 */
function trackSessions(secure: Http2SecureServer, idleTimeoutMs: number): Set<Http2Session> {
  const sessions = new Set<Http2Session>();
  secure.on('session', (session) => {
    let openStreams = 0;
    let isUsed = true;
    let isResponsive = true;
    const checkTimer = setInterval(() => {
      if (session.destroyed) return;
      if (!isResponsive) return session.destroy();
      isResponsive = false;
      // `close` still answers a request that arrives in the same moment.
      if (!isUsed && openStreams === 0) return session.close();
      isUsed = false;
      session.ping(() => {
        isResponsive = true;
      });
    }, idleTimeoutMs);
    checkTimer.unref();
    sessions.add(session);
    session.on('stream', (stream) => {
      isUsed = true;
      openStreams += 1;
      stream.once('close', () => {
        openStreams -= 1;
      });
    });
    session.once('close', () => {
      clearInterval(checkTimer);
      sessions.delete(session);
    });
  });
  return sessions;
}

/**
 * Accepts TLS as well on the port of `server`, which speaks plain HTTP: HTTP/2, falling back to HTTP/1.1. The first byte of
 * a connection decides.
 *
 * @param timeouts when slow clients are disconnected; `request` covers the first byte as well
 * @internal
 */
export function addTls(
  server: Server,
  handler: RequestListener,
  onUnreadable: OnUnreadable,
  { cert, key }: TlsIdentity,
  { request: timeoutMs, handshake }: Timeouts,
): TlsServer {
  const secure = createSecureServer({
    cert,
    key,
    allowHTTP1: true,
    handshakeTimeout: handshake,
    settings: { maxConcurrentStreams: MAX_STREAMS },
  });
  const sessions = trackSessions(secure, timeoutMs);
  async function reject(
    { method, url = '', headers, socket }: Http2ServerRequest,
    response: Http2ServerResponse,
    { status, reason }: { status: number; reason: string },
  ): Promise<void> {
    const from = socket.remoteAddress;
    await onUnreadable({ method, url, headers: listHeaders(headers), from, status, reason });
    response.writeHead(status).end();
  }
  const listener = (request: Http2ServerRequest, response: Http2ServerResponse) => {
    const { method } = request;
    // For HTTP/1.1 Node itself rejects unknown methods.
    if (!METHODS.includes(method))
      return void reject(request, response, { status: 400, reason: describeUnknownMethod(method) });
    request.url = encodeTarget(request.url);
    // HTTP/2 sends the host as a pseudo-header. RFC 9113, 8.3.1.
    request.headers.host ??= request.headers[':authority'];
    // HTTP/2 bodies need no header, but Fastify reads only bodies that a header announces. RFC 9113, 8.1.
    if (!response.stream.endAfterHeaders && request.headers['content-length'] === undefined)
      request.headers['transfer-encoding'] = 'chunked';
    const requestTimer = setTimeout(() => {
      if (!request.complete && !response.headersSent) response.stream.close(constants.NGHTTP2_CANCEL);
    }, timeoutMs);
    response.once('close', () => clearTimeout(requestTimer));
    return handler(request as never, response as never);
  };
  secure.on('request', listener);
  answerExpectations(secure, listener as never);
  secure.on('connect', (request: Http2ServerRequest, response: Http2ServerResponse) =>
    reject(request, response, USED_AS_PROXY),
  );
  const recordFailure = (from: string | undefined, reason: string) =>
    void onUnreadable({ ...NO_HEAD, from, reason });
  secure.on('tlsClientError', (error, socket) => {
    recordFailure(socket.remoteAddress, describeTlsError(error));
    socket.destroy();
  });
  // The peer has been sent the error already.
  secure.on('sessionError', (error: ClientError, session: Http2Session) => {
    if (error.code === 'ERR_HTTP2_ERROR')
      recordFailure(session.socket?.remoteAddress, `malformed HTTP/2: ${error.message}`);
  });

  const handlePlain = takeListeners(server, 'connection');
  const handleHttp2 = takeListeners(secure, 'secureConnection');
  // HTTP/1.1 over TLS goes through the plain server, which enforces the timeouts.
  secure.on('secureConnection', (socket: TLSSocket) =>
    (socket.alpnProtocol === 'h2' ? handleHttp2 : handlePlain)(socket),
  );

  /** Connections without a first byte: no server has them yet. */
  const silentSockets = new Set<Socket>();
  const tlsSockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    const giveUp = () => socket.destroy();
    const forget = () => silentSockets.delete(socket);
    silentSockets.add(socket);
    socket.setTimeout(timeoutMs, giveUp);
    socket.once('error', giveUp);
    socket.once('end', giveUp);
    socket.once('close', forget);
    socket.once('data', (start) => {
      socket.setTimeout(0, giveUp);
      socket.off('error', giveUp);
      socket.off('end', giveUp);
      socket.off('close', forget);
      forget();
      socket.pause();
      socket.unshift(start);
      if (start[0] === TLS_HANDSHAKE_BYTE) {
        // Without this HTTP/2 would not notice that the peer has closed, because the plain server allows half-open sockets.
        socket.allowHalfOpen = false;
        tlsSockets.add(socket);
        socket.once('close', () => tlsSockets.delete(socket));
        secure.emit('connection', socket);
      } else handlePlain(socket);
      process.nextTick(() => socket.resume());
    });
  });

  return {
    closeIdle() {
      for (const socket of silentSockets) socket.destroy();
      for (const session of sessions) session.close();
    },
    closeAll() {
      // These clients have done nothing wrong.
      secure.removeAllListeners('tlsClientError');
      for (const session of sessions) session.destroy();
      // Sockets in the middle of a handshake belong to no session yet.
      for (const socket of tlsSockets) socket.destroy();
    },
  };
}
