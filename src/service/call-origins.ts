import type { FastifyRequest } from 'fastify';

/** Addresses of the same server that its pages use. */

/** The protocol that the browser used. A proxy may have set it, and headers repeat it, so only two values are let through. */
export const getProtocol = ({ protocol }: Pick<FastifyRequest, 'protocol'>): 'http' | 'https' =>
  protocol === 'https' ? 'https' : 'http';

/** This server's address over http or https. */
export const withProtocol = (protocol: 'http' | 'https', address: string): string =>
  address.replace(/^https?(?=:)/, protocol);

/** Every origin of these host names, for a Content-Security-Policy: a proxy may have changed scheme and port. */
export const listOrigins = (...hosts: readonly string[]): string[] =>
  hosts.flatMap((host) => [`http://${host}:*`, `https://${host}:*`]);
