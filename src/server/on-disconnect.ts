import type { ServerResponse } from 'node:http';

/**
 * Calls `listener` once when the response has ended or the client has disconnected. A pipelined response that waits behind
 * another gets no 'close' event, so the socket is watched as well.
 */
export function onDisconnect(raw: ServerResponse, listener: () => void): void {
  const { socket } = raw.req;
  const onClose = () => {
    raw.off('close', onClose);
    socket.off('close', onClose);
    listener();
  };
  // Any number of pipelined responses may wait on one connection.
  socket.setMaxListeners(0);
  raw.once('close', onClose);
  socket.once('close', onClose);
  if (socket.destroyed) onClose();
}
