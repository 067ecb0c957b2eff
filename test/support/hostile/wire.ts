import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { HostileRequest } from './mutations.ts';

/** How it is spoken to: over plain TCP, or over TLS, with the protocol that is agreed upon. */
export type Transport = { readonly over: 'tcp' } | { readonly over: 'tls'; readonly alpn: 'http/1.1' | 'h2' };

/** What came of one connection. */
export interface Outcome {
  readonly answer: string;
  /** The connection ended, or was answered, when it should. */
  readonly hangs?: 'no answer' | 'no end';
}

/** What is not whole is given this long to be answered before it is broken off: nothing is judged by it. */
const BREAK_OFF_MS = 60;
/** By then the other side must have answered or ended the connection. */
const ANSWER_TIMEOUT_MS = 20_000;

/** Sends `hostile` on a connection of its own, and breaks it off when nothing more will come of it. */
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
    const breakOff = () => {
      // Who only stops to ask may still wait for the rest of an answer, for which others may wait in turn.
      if (end === 'cut' || isLongLasting) socket.destroy();
      else socket.end();
    };
    const breakOffTimer = setTimeout(() => {
      if (!isWhole) breakOff();
    }, BREAK_OFF_MS);
    const answerTimer = setTimeout(() => {
      hangs = isWhole && chunks.length === 0 ? 'no answer' : 'no end';
      socket.destroy();
    }, ANSWER_TIMEOUT_MS);
    socket.on(transport.over === 'tcp' ? 'connect' : 'secureConnect', () => {
      if (end === 'cut') socket.write(bytes, () => socket.destroy());
      else socket.write(bytes);
    });
    socket.on('data', (chunk) => chunks.push(chunk));
    // Whoever is refused unread may find the connection closed while it still writes.
    socket.on('error', () => {});
    socket.on('close', () => {
      clearTimeout(breakOffTimer);
      clearTimeout(answerTimer);
      const answer = Buffer.concat(chunks).toString('latin1');
      const unanswered = isWhole && answer === '' && hangs === undefined;
      resolve({ answer, ...(hangs && { hangs }), ...(unanswered && { hangs: 'no answer' as const }) });
    });
  });
}
