import type { FastifyRequest } from 'fastify';

/**
 * Every header line of a request, with its name in lower case. Of HTTP/2's pseudo-headers (RFC 9113, 8.3.1) only the host is
 * included.
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
