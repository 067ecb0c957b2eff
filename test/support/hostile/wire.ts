import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HostileRequest } from './mutations.ts';

/** Plain TCP, or TLS with the negotiated protocol. */
export type Transport = { readonly over: 'tcp' } | { readonly over: 'tls'; readonly alpn: 'http/1.1' | 'h2' };

/** The result of one connection. */
export interface Outcome {
  readonly answer: string;
  /** What did not arrive in time. */
  readonly hangs?: 'no answer' | 'no end';
}

/** An incomplete request is closed after this time. No test depends on it. */
const CLOSE_AFTER_MS = 60;
/** The server must answer or end the connection within this time. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Sends a hostile request on a new connection, and closes an incomplete one. */
export function sendHostile(
  port: number,
  { bytes, end, isWhole, isLongLasting }: HostileRequest,
  transport: Transport,
): Promise<Outcome> {
  return new Promise((resolve) => {
    const to = { port, host: '127.0.0.1' };
    const socket =
      transport.over === 'tcp'
        ? connect(to)
        : connectTls({
            ...to,
            servername: 'localhost',
            rejectUnauthorized: false,
            ALPNProtocols: [transport.alpn],
          });
    const chunks: Buffer[] = [];
    let hangs: Outcome['hangs'];
    const closeConnection = () => {
      // A half-closed connection could still wait for the rest of a long response, so close it completely.
      if (end === 'cut' || isLongLasting) socket.destroy();
      else socket.end();
    };
    const closeTimer = setTimeout(() => {
      if (!isWhole) closeConnection();
    }, CLOSE_AFTER_MS);
    const answerTimer = setTimeout(() => {
      hangs = isWhole && chunks.length === 0 ? 'no answer' : 'no end';
      socket.destroy();
    }, ANSWER_TIMEOUT_MS);
    socket.on(transport.over === 'tcp' ? 'connect' : 'secureConnect', () => {
      if (end === 'cut') socket.write(bytes, () => socket.destroy());
      else socket.write(bytes);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // The server may refuse a request and close the connection while the request is being sent.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(closeTimer);
      clearTimeout(answerTimer);
      const answer = Buffer.concat(chunks).toString('latin1');
      const unanswered = isWhole && answer === '' && hangs === undefined;
      resolve({ answer, ...(hangs && { hangs }), ...(unanswered && { hangs: 'no answer' as const }) });
    });
  });
}
