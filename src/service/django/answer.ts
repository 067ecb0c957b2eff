import type { FastifyReply, FastifyRequest } from 'fastify';
import { DELETED, deletesSession } from './session-cookie.ts';

/** An answer of the imitated service before the framework has added its own headers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Errors that the framework reports to its keepers: on the way it looks at the session. */
  readonly reported?: boolean;
  /** A redirect is answered before the framework adds the header against framing. */
  readonly early?: boolean;
}

const HTML = { 'content-type': 'text/html' };

const errorPage = (title: string, text = '') =>
  `\n<!doctype html>\n<html lang="en">\n<head>\n  <title>${title}</title>\n</head>\n<body>\n  <h1>${title}</h1><p>${text}</p>\n</body>\n</html>\n`;

/** A form that the framework could not read. */
export const BAD_REQUEST: Answer = { status: 400, headers: HTML, body: errorPage('Bad Request (400)') };

/** A form larger than the framework takes. */
export const TOO_MUCH: Answer = { ...BAD_REQUEST, reported: true };

export const NOT_FOUND: Answer = {
  status: 404,
  headers: HTML,
  body: errorPage('Not Found', 'The requested resource was not found on this server.'),
};

/** Something broke in the service, and nobody caught it. */
export const SERVER_ERROR: Answer = {
  status: 500,
  headers: HTML,
  body: errorPage('Server Error (500)'),
  reported: true,
};

const empty = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: '',
});

/** An empty page: what a successful revocation answers. */
export const EMPTY = empty(200);

export const options = (allow: string): Answer => empty(200, { allow });
export const methodNotAllowed = (allow: string): Answer => empty(405, { allow });
export const redirect = (location: string): Answer => ({ ...empty(301, { location }), early: true });

/** An answer of the authentication API, which must not be stored. RFC 6749, 5.1. */
export const json = (status: number, body: string, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    pragma: 'no-cache',
    ...headers,
  },
  body,
});

/** Sends `answer` with the headers that the framework's middleware adds. */
export function send(request: FastifyRequest, reply: FastifyReply, answer: Answer): void {
  const { status, headers, body, reported = false, early = false } = answer;
  const deletes = deletesSession(request.headers.cookie, reported);
  reply.code(status);
  for (const name in headers) reply.header(name, headers[name]);
  if (!early) reply.header('x-frame-options', 'DENY');
  reply.header('x-content-type-options', 'nosniff');
  reply.header('referrer-policy', 'same-origin');
  reply.header('content-length', String(Buffer.byteLength(body)));
  if (deletes || reported) reply.header('vary', 'Cookie');
  if (deletes) reply.header('set-cookie', DELETED);
  if (request.method === 'HEAD') reply.send(null);
  else reply.serializer(asItIs).send(body);
}

/** Without a serializer Fastify would name a charset in the headers. */
const asItIs = (body: unknown) => body as string;
