import type { FastifyRequest } from 'fastify';

/** Further origins that lead to the same server, for what a page of a call needs another origin for. */

/** How a browser came here: said by whatever proxy is trusted, and repeated in headers, so that it is one of two words. */
export const getProtocol = ({ protocol }: Pick<FastifyRequest, 'protocol'>): 'http' | 'https' =>
  protocol === 'https' ? 'https' : 'http';

/** An address of this server as it is over http or https. */
export const withProtocol = (protocol: 'http' | 'https', address: string): string =>
  address.replace(/^https?(?=:)/, protocol);

/** The host's port with its colon, if the host is a name under which every name leads here. */
const getLocalhostPort = (host: string): string | undefined => {
  const found = /^[^:]*\.localhost(:\d+)?$/i.exec(host);
  return found === null ? undefined : (found[1] ?? '');
};

/**
 * The origin of a page's stream, or nothing for the page's own. Browsers keep six streams to one host, and no
 * more, so that where it can each page has a host of its own. Over https a certificate would not cover it.
 */
export function buildStreamOrigin(protocol: string, host: string, page: string): string {
  const port = getLocalhostPort(host);
  return port === undefined || protocol !== 'http' ? '' : `http://e-${page}.videocall.localhost${port}`;
}

/** An origin of this server that is not the page's, and whose name does not contain `videocall`. */
export function buildForeignOrigin(protocol: string, host: string): string {
  const port = getLocalhostPort(host);
  if (port !== undefined && protocol === 'http') return `http://elsewhere.localhost${port}`;
  const swapped = host.replace(/^[^:]+|^\[[^\]]*\]/, (name) =>
    name === '127.0.0.1' ? 'localhost' : '127.0.0.1',
  );
  return `${protocol}://${swapped}`;
}
