import type { FastifyRequest } from 'fastify';
import { isLoopback } from '../server/address.ts';

/** Other origins of the same server, for pages that need one besides their own. */

/** The protocol that the browser used. A proxy may have set it, and headers repeat it, so only two values are let through. */
export const getProtocol = ({ protocol }: Pick<FastifyRequest, 'protocol'>): 'http' | 'https' =>
  protocol === 'https' ? 'https' : 'http';

/** This server's address over http or https. */
export const withProtocol = (protocol: 'http' | 'https', address: string): string =>
  address.replace(/^https?(?=:)/, protocol);

/** A Host header with other characters is not repeated in a response. */
const HOST_PATTERN = /^[a-z0-9.-]+(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i;
const HOST_NAME = /^[^:[]+|^\[[^\]]*\]/;

/** The host that the browser asked for, with its port. */
export const getHost = ({ headers: { host = '' } }: Pick<FastifyRequest, 'headers'>): string =>
  HOST_PATTERN.test(host) ? host : 'localhost';

/** The port of the host with its colon, if every subdomain of the host resolves to this machine. */
const getLocalhostPort = (host: string): string | undefined => {
  const found = /^[^:]*\.localhost(:\d+)?$/i.exec(host);
  return found === null ? undefined : (found[1] ?? '');
};

/**
 * The origin of a page's stream, or '' for the page's own. Browsers open at most six streams per host, so each page gets its
 * own host where possible. Over https the certificate would not cover it.
 */
export function buildStreamOrigin(protocol: string, host: string, page: string): string {
  const port = getLocalhostPort(host);
  return port === undefined || protocol !== 'http' ? '' : `http://e-${page}.videocall.localhost${port}`;
}

/**
 * An origin of this server that differs from the page's, and whose name does not contain `videocall`. Undefined when the
 * server is reached by a name of its own: a browser on another machine may know no second one.
 */
export function buildForeignOrigin(protocol: string, host: string): string | undefined {
  const port = getLocalhostPort(host);
  if (port !== undefined && protocol === 'http') return `http://elsewhere.localhost${port}`;
  const [name = ''] = HOST_NAME.exec(host) ?? [];
  if (!isLoopback(name.replace(/^\[|\]$/g, ''))) return undefined;
  return `${protocol}://${host.replace(name, name === '127.0.0.1' ? 'localhost' : '127.0.0.1')}`;
}
