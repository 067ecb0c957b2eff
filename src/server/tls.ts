import { METHODS, type RequestListener, type Server } from 'node:http';
import { constants, createSecureServer, type Http2SecureServer, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import type { TLSSocket } from 'node:tls';
import type { Timeouts } from './timeouts.ts';

/** A certificate with those that lead from it to its authority, and its key, both as PEM. */
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
  /** Ends the connections on which nothing is under way. */
  closeIdle(): void;
  /** Ends them all. */
  closeAll(): void;
}

/** The first byte of every TLS connection: it is that of a handshake. RFC 8446, 5.1. */
const TLS_HANDSHAKE_BYTE = 22;
/** Of one connection. RFC 9113, 6.5.2 would have no fewer. */
const MAX_STREAMS = 100;

type ConnectionListener = (socket: Socket) => void;

/** Takes from `server` what it does with a connection. */
function takeListeners(server: Server | Http2SecureServer, event: string): ConnectionListener {
  const listeners = server.listeners(event) as ConnectionListener[];
  server.removeAllListeners(event);
  return (socket) => {
    for (const listener of listeners) listener.call(server, socket);
  };
}

/**
 * Keeps the sessions of HTTP/2, and ends those on which nothing was asked for `slowest` milliseconds, or whose other side
 * has not even answered a ping for so long: it may have gone, or it has said what is no HTTP/2, after which Node no
 * longer listens to it and does not tell.
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
      // Whoever asks in the same moment is still answered.
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
  // What a session has done wrong, its own side is told.
  secure.on('sessionError', () => {});
  return sessions;
}

/**
 * Lets `server`, which speaks plain HTTP, speak TLS as well, on the same port: HTTP/2, and HTTP/1.1 with those who
 * know no better. Which of the two a connection is, its first byte tells.
 *
 * @param timeouts when slow clients are disconnected; `request` holds for the first byte as well
 * @internal
 */
export function addTls(
  server: Server,
  handler: RequestListener,
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
  secure.on('request', (request, response) => {
    // Of HTTP/1.1 Node itself refuses a method that there is not.
    if (!METHODS.includes(request.method)) return response.writeHead(400).end();
    // HTTP/2 has the host in a field of its own. RFC 9113, 8.3.1.
    request.headers.host ??= request.headers[':authority'];
    // HTTP/2 frames a body without a header, and Fastify reads none that no header announces. RFC 9113, 8.1.
    if (!response.stream.endAfterHeaders && request.headers['content-length'] === undefined)
      request.headers['transfer-encoding'] = 'chunked';
    const requestTimer = setTimeout(() => {
      if (!request.complete && !response.headersSent) response.stream.close(constants.NGHTTP2_CANCEL);
    }, timeoutMs);
    response.once('close', () => clearTimeout(requestTimer));
    return handler(request as never, response as never);
  });
  // Whoever breaks off a handshake is nobody to be told of.
  secure.on('tlsClientError', (_error, socket) => socket.destroy());

  const handlePlain = takeListeners(server, 'connection');
  const handleHttp2 = takeListeners(secure, 'secureConnection');
  // Where the limits of time of plain HTTP are kept, those of HTTP/1.1 over TLS are too.
  secure.on('secureConnection', (socket: TLSSocket) =>
    (socket.alpnProtocol === 'h2' ? handleHttp2 : handlePlain)(socket),
  );

  /** Connections that have not said anything yet, of which no server knows. */
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
        // Half-open as plain HTTP has it, HTTP/2 would never learn that the other side has gone.
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
      for (const session of sessions) session.destroy();
      // Of those whose handshake is not over nobody else knows.
      for (const socket of tlsSockets) socket.destroy();
    },
  };
}
