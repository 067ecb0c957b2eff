/*
 * Addresses of the simulator, as the browser sees it. The server does not know them: a proxy may end TLS, listen on another
 * port, or put the simulator into a folder.
 */

/** `path` on the host of the page. */
export const toPageHost = (path: string): string => location.pathname.replace(/\/[^/]*$/, '') + path;

/** Every name under `.localhost` may reach this machine. Over https no certificate covers them. */
const hasLocalhostName = () => location.protocol === 'http:' && /\.localhost$/i.test(location.hostname);

const toHost = (host: string, path: string): string =>
  `//${host}${location.port === '' ? '' : `:${location.port}`}${toPageHost(path)}`;

/** `path` on the host of the page's own, or undefined where it has none. */
export const toOwnHost = (host: string, path: string): string | undefined =>
  hasLocalhostName() ? toHost(host, path) : undefined;

/**
 * `path` at an origin whose name does not contain `videocall`, or undefined where the page came by a name that is not this
 * machine's: a browser on another machine may know no second one.
 */
export function toForeignOrigin(path: string): string | undefined {
  if (hasLocalhostName()) return toHost('elsewhere.localhost', path);
  if (!/(^|\.)localhost$|^127\.|^\[::1\]$/i.test(location.hostname)) return undefined;
  return toHost(location.hostname === '127.0.0.1' ? 'localhost' : '127.0.0.1', path);
}
