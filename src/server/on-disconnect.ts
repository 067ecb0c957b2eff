import type { ServerResponse } from 'node:http';

/**
 * Calls `listener` once when nobody listens to an answer any more, also when it has ended. One that waits behind
 * another on the same connection is never told that it is closed, so the connection is asked too.
 */
export function onDisconnect(raw: ServerResponse, listener: () => void): void {
  const { socket } = raw.req;
  const onClose = () => {
    raw.off('close', onClose);
    socket.off('close', onClose);
    listener();
  };
  // Any number of answers may wait on one connection.
  socket.setMaxListeners(0);
  raw.once('close', onClose);
  socket.once('close', onClose);
  if (socket.destroyed) onClose();
}
