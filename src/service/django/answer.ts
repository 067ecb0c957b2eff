import type { FastifyReply, FastifyRequest } from 'fastify';
import { DELETE_SESSION_COOKIE, shouldDeleteSession } from './session-cookie.ts';

/** An answer of the imitated service, without the framework's own headers. */
export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
  /** Errors that the framework reports to its administrators, for which it reads the session. */
  readonly isReported?: boolean;
  /** The framework redirects before it adds the header against framing. */
  readonly isEarly?: boolean;
}

const HTML = { 'content-type': 'text/html' };

const renderErrorPage = (title: string, text = '') =>
  `\n<!doctype html>\n<html lang="en">\n<head>\n  <title>${title}</title>\n</head>\n<body>\n  <h1>${title}</h1><p>${text}</p>\n</body>\n</html>\n`;

/** A form that the framework could not parse. */
export const BAD_REQUEST: Answer = { status: 400, headers: HTML, body: renderErrorPage('Bad Request (400)') };

/** A form above the framework's limits. */
export const FORM_TOO_LARGE: Answer = { ...BAD_REQUEST, isReported: true };

export const NOT_FOUND: Answer = {
  status: 404,
  headers: HTML,
  body: renderErrorPage('Not Found', 'The requested resource was not found on this server.'),
};

/** An uncaught exception in the service. */
export const SERVER_ERROR: Answer = {
  status: 500,
  headers: HTML,
  body: renderErrorPage('Server Error (500)'),
  isReported: true,
};

const createEmptyAnswer = (status: number, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'content-type': 'text/html; charset=utf-8', ...headers },
  body: '',
});

/** An empty page: the answer to a successful revocation. */
export const EMPTY_PAGE = createEmptyAnswer(200);

export const createOptionsAnswer = (allow: string): Answer => createEmptyAnswer(200, { allow });
export const createMethodNotAllowed = (allow: string): Answer => createEmptyAnswer(405, { allow });
export const createRedirect = (location: string): Answer => ({
  ...createEmptyAnswer(301, { location }),
  isEarly: true,
});

/** An answer of the authentication API, with headers against caching. RFC 6749, 5.1. */
export const createJsonAnswer = (
  status: number,
  body: string,
  headers: Record<string, string> = {},
): Answer => ({
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
export function sendAnswer(request: FastifyRequest, reply: FastifyReply, answer: Answer): void {
  const { status, headers, body, isReported = false, isEarly = false } = answer;
  const isSessionDeleted = shouldDeleteSession(request.headers.cookie, isReported);
  reply.code(status);
  for (const name in headers) reply.header(name, headers[name]);
  if (!isEarly) reply.header('x-frame-options', 'DENY');
  reply.header('x-content-type-options', 'nosniff');
  reply.header('referrer-policy', 'same-origin');
  reply.header('content-length', String(Buffer.byteLength(body)));
  if (isSessionDeleted || isReported) reply.header('vary', 'Cookie');
  if (isSessionDeleted) reply.header('set-cookie', DELETE_SESSION_COOKIE);
  if (request.method === 'HEAD') reply.send(null);
  else reply.serializer(passThrough).send(body);
}

/** Without a serializer Fastify would name a charset in the headers. */
const passThrough = (body: unknown) => body as string;
