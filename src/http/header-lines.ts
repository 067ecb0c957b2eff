import type { FastifyRequest } from 'fastify';

/**
 * Every header line of a request as it came, with its name in small letters. Of the fields that HTTP/2 has beside its
 * headers (RFC 9113, 8.3.1) the host is one of them, and no other.
 */
export const headerLines = ({ raw: { rawHeaders } }: FastifyRequest): [string, string][] =>
  Array.from({ length: rawHeaders.length / 2 }, (_, index): [string, string] => [
    (rawHeaders[2 * index] ?? '').toLowerCase().replace(/^:authority$/, 'host'),
    rawHeaders[2 * index + 1] ?? '',
  ]).filter(([name]) => !name.startsWith(':'));
