import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { closeInSteps } from './linger.ts';
import {
  type ClientError,
  describeClientError,
  listHeaders,
  NO_HEAD,
  type OnUnreadable,
  readHead,
  USED_AS_PROXY,
} from './unreadable.ts';

/** How long a client may take to read why its request was rejected. */
const ANSWER_TIMEOUT_MS = 1_000;

const reasons = new WeakMap<Socket, string>();

/** Why the rest of a request could not be read, if it was complete up to its body. */
export const findBodyError = ({ socket, complete }: IncomingMessage): string | undefined =>
  complete ? undefined : reasons.get(socket);

function formatAnswer(status: number, reason: string): string {
  const text = `${status} ${STATUS_CODES[status]}: ${reason}\n`;
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: text/plain; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(text)}`,
    '',
    text,
  ].join('\r\n');
}

/** Sends an answer and closes the connection. */
function endWith(socket: Socket, answer: string): void {
  if (!socket.writable) return void socket.destroy();
  socket.write(answer);
  closeInSteps(socket, ANSWER_TIMEOUT_MS);
}

/**
 * Answers requests that Node cannot parse, and clients that use this server as their proxy.
 *
 * @param getLastResponse the response to the last request of a connection, if there was one
 */
export function answerClientErrors(
  server: Server,
  onUnreadable: OnUnreadable,
  getLastResponse: (socket: Socket) => ServerResponse | undefined,
): void {
  async function reject(error: ClientError, socket: Socket): Promise<void> {
    // The parser fails again for everything that follows.
    if (reasons.has(socket)) return;
    const response = getLastResponse(socket);
    const request = response?.req;
    const problem = describeClientError(error, request === undefined);
    // A connection that is opened in advance and never used is no mistake.
    if (problem === undefined || socket.bytesRead === 0) return void socket.destroy();
    const { status, reason } = problem;
    const from = socket.remoteAddress;
    reasons.set(socket, reason);
    const isAnswered = response === undefined || response.writableFinished;
    if (request?.complete === false) {
      if (!isAnswered)
        await onUnreadable({ ...NO_HEAD, url: request.url ?? '', from, ...problem, isRouted: true });
      if (socket.writable && response?.headersSent === false) socket.write(formatAnswer(status, reason));
      socket.destroy(error);
      return;
    }
    // Answers come in the order of their requests.
    if (!isAnswered) await new Promise((resolve) => response.once('close', resolve));
    await onUnreadable({ ...readHead(error), from, ...problem });
    endWith(socket, formatAnswer(status, reason));
  }

  server.on('clientError', (error: ClientError, socket) => void reject(error, socket as Socket));
  server.on('connect', async (request: IncomingMessage) => {
    const { url = '', headers, socket } = request;
    // Node has given this socket away, with its listeners.
    socket.on('error', () => socket.destroy());
    const target = url.replace(/^.*@/, '');
    const from = socket.remoteAddress;
    await onUnreadable({ ...USED_AS_PROXY, url: target, headers: listHeaders(headers), from });
    endWith(socket, formatAnswer(USED_AS_PROXY.status, USED_AS_PROXY.reason));
  });
}
