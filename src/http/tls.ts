import type { RequestListener, Server } from 'node:http';
import { createSecureServer, type Http2Session } from 'node:http2';
import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';

/** A certificate with those that lead from it to its authority, and its key, both as PEM. */
export interface TlsIdentity {
  readonly cert: string;
  readonly key: string;
}

/** The part of a server that speaks TLS. */
export interface Secured {
  /** Ends the connections on which nothing is under way. */
  closeIdle(): void;
  /** Ends them all. */
  closeAll(): void;
}

/** The first byte of every TLS connection: it is that of a handshake. RFC 8446, 5.1. */
const HANDSHAKE = 22;
const SLOWEST_HANDSHAKE_MS = 10_000;

/**
 * Lets `server`, which speaks plain HTTP, speak TLS as well, on the same port: HTTP/2, and HTTP/1.1 with those who
 * know no better. Which of the two a connection is, its first byte tells.
 *
 * @param slowest in this time somebody must have said something, in milliseconds
 */
export function secured(
  server: Server,
  handler: RequestListener,
  { cert, key }: TlsIdentity,
  slowest: number,
): Secured {
  const secure = createSecureServer({
    cert,
    key,
    allowHTTP1: true,
    handshakeTimeout: SLOWEST_HANDSHAKE_MS,
  });
  const sessions = new Set<Http2Session>();
  /** Connections of HTTP/1.1, and how many answers are under way on each. */
  const underWay = new Map<Socket, number>();
  const change = (socket: Socket, by: number) => {
    const before = underWay.get(socket);
    if (before !== undefined) underWay.set(socket, before + by);
  };

  secure.on('session', (session) => {
    sessions.add(session);
    session.once('close', () => sessions.delete(session));
  });
  secure.on('secureConnection', (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') return;
    underWay.set(socket, 0);
    socket.once('close', () => underWay.delete(socket));
  });
  secure.on('request', (request, response) => {
    const { socket } = request;
    // HTTP/2 has the host in a field of its own. RFC 9113, 8.3.1.
    if (request.httpVersionMajor === 2) request.headers.host ??= request.headers[':authority'];
    else {
      change(socket, 1);
      response.once('close', () => change(socket, -1));
    }
    handler(request as never, response as never);
  });
  // Whoever breaks off a handshake is nobody to be told of.
  secure.on('tlsClientError', (_error, socket) => socket.destroy());
  secure.on('sessionError', () => {});

  /** Connections that have not said anything yet, of which no server knows. */
  const silent = new Set<Socket>();
  const plain = server.listeners('connection') as ((socket: Socket) => void)[];
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    const giveUp = () => socket.destroy();
    const forget = () => silent.delete(socket);
    silent.add(socket);
    socket.setTimeout(slowest, giveUp);
    socket.once('error', giveUp);
    socket.once('close', forget);
    socket.once('data', (start) => {
      socket.setTimeout(0, giveUp);
      socket.off('error', giveUp);
      socket.off('close', forget);
      forget();
      socket.pause();
      socket.unshift(start);
      if (start[0] === HANDSHAKE) secure.emit('connection', socket);
      else for (const listener of plain) listener.call(server, socket);
      process.nextTick(() => socket.resume());
    });
  });

  return {
    closeIdle() {
      for (const socket of silent) socket.destroy();
      for (const session of sessions) session.close();
      for (const [socket, answers] of underWay) if (answers === 0) socket.destroy();
    },
    closeAll() {
      for (const session of sessions) session.destroy();
      for (const socket of underWay.keys()) socket.destroy();
    },
  };
}
