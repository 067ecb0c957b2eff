import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { clearTimeout, setTimeout } from '../system/timers.ts';

/**
 * Ends a connection after its last answer, and discards what the client still sends until it closes its side.
 *
 * @param timeoutMs how long the client may take for that, in real milliseconds
 */
export function closeInSteps(socket: Socket, timeoutMs: number): void {
  if (socket.readableEnded) return void socket.end(() => socket.destroy());
  socket.end();
  const timer = setTimeout(() => socket.destroy(), timeoutMs);
  socket.once('close', () => clearTimeout(timer));
  socket.once('end', () => socket.destroy());
  // Any listener of data takes the connection from Node's parser.
  socket.removeAllListeners('data');
  socket.on('data', () => {});
  // Node may have stopped reading in the middle of a body. An empty chunk ends that read, so that the next one begins.
  socket.push('');
  socket.resume();
}

/**
 * Closes connections in two steps after their last answer. Node closes them in one, and a kernel that then receives more
 * of the request resets the connection, which deletes the answer at the client. RFC 9112, 9.6.
 *
 * @param timeoutMs how long a client may take to close its side, in real milliseconds
 */
export function lingerOnClose(server: Server, timeoutMs: number): void {
  server.on('connection', (socket) => {
    socket.destroySoon = () => closeInSteps(socket, timeoutMs);
  });
}
