import type { FastifyRequest } from 'fastify';

/**
 * Every header line of a request as it came, with its name in small letters. Of the fields that HTTP/2 has beside its
 * headers (RFC 9113, 8.3.1) the host is one of them, and no other.
 */
export function getHeaderLines({ raw: { rawHeaders } }: FastifyRequest): [string, string][] {
  const lines: [string, string][] = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    const value = rawHeaders[index + 1] ?? '';
    if (name === ':authority') lines.push(['host', value]);
    else if (!name.startsWith(':')) lines.push([name, value]);
  }
  return lines;
}
