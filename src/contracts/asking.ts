import { ADMIN, withoutLastSlashes } from '../control/schema/paths.ts';

/** What everybody needs who asks another server over HTTP. */

/** An address, or what was meant to be one, without the credentials that it holds. */
export const withoutCredentials = (address: string): string => address.replace(/\/\/[^/@]*@/, '//');

/** An address without the credentials that it holds, and these as the header that `fetch` does not make of them. */
export function parted(address: string): { readonly url: string; readonly authorization?: string } {
  const url = withoutCredentials(address);
  const { username, password } = new URL(address);
  if (username === '') return { url };
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { url, authorization: basic(pair) };
}

/** Basic credentials (RFC 7617) of `user:password`. */
export const basic = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

/**
 * The control API of the simulator at `address`, which may be the control API's own, with what it asks for.
 *
 * @param credentials go before those that the address holds
 */
export function controlAddress(
  address: string,
  credentials?: { readonly user: string; readonly password?: string | undefined },
): string {
  const url = new URL(address);
  const path = withoutLastSlashes(url.pathname);
  url.pathname = path.endsWith(ADMIN) ? path : `${path}${ADMIN}`;
  url.search = '';
  url.hash = '';
  if (credentials?.password !== undefined) {
    url.username = encodeURIComponent(credentials.user);
    url.password = encodeURIComponent(credentials.password);
  }
  return url.href;
}

/** Why `fetch` has failed: it says itself no more than that it has, and leaves the rest to the cause. */
export function whyNoAnswer(error: unknown): string {
  const { message, cause } = error as Error;
  return (cause as Error | undefined)?.message || message;
}
