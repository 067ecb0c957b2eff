import { PATHS } from '../../guide/oauth.ts';
import type { RawAnswer } from './ask.ts';

/** Explains an answer to the first question that brings no token. */

const CHECK = `--target must be the address below which the service has ${PATHS.token}`;

/** The title of a web page, as far as it is plain text. */
export function findTitle(text: string): string | undefined {
  const [, title = ''] = /<(?:title|h1)[^>]*>([^<]*)/i.exec(text) ?? [];
  const plain = title.replace(/\s+/g, ' ').trim().slice(0, 60);
  return plain === '' ? undefined : plain;
}

export const isPage = (type = '', text = ''): boolean =>
  /html/i.test(type) || /^\s*<(?:!doctype|html)/i.test(text);

/** Where a redirect leads to, which is not followed: the credentials would go there too. */
export function explainRedirect({ status, headers }: RawAnswer, address: string): string | undefined {
  const { location } = headers;
  if (status < 300 || status > 399 || location === undefined) return undefined;
  if (!URL.canParse(location, address)) return `the service redirects (${status}) to an invalid address`;
  const to = new URL(location, address);
  const { origin, pathname } = new URL(`${address}${PATHS.token}`);
  if (to.origin === origin && to.pathname === pathname)
    return `the service redirects (${status}) to the address that was asked, and so without an end; check scheme and host in --target`;
  return to.origin === origin
    ? `the service redirects (${status}) to ${to.pathname}; ${CHECK}, not that of a login page`
    : `the service redirects (${status}) to ${to.origin}, where nothing was sent; if that is the service, use it as --target`;
}

/** Why an answer is no token. */
export function explainNoToken({ status, headers, text }: RawAnswer): string {
  const type = headers['content-type'];
  const title = findTitle(text);
  const page = `a web page${title === undefined ? '' : ` ("${title}")`}`;
  if (status === 407)
    return 'a proxy asks for credentials (407); let the request reach the service without it';
  if (status === 502 || status === 503 || status === 504)
    return `a proxy or the service answers ${status}${isPage(type, text) ? ` with ${page}` : ''}: the service is down`;
  if (status === 404 || status === 405)
    return `there is no token endpoint at this address (${status}); ${CHECK}`;
  if (isPage(type, text))
    return `the service answers ${status} with ${page} and not with a token: is it a login page or a proxy? ${CHECK}`;
  const error = /"error"\s*:\s*"([\w.-]{1,60})"/.exec(text)?.[1];
  if (status >= 400 && status < 500)
    return `the service refuses these credentials (${status}${error === undefined ? '' : ` ${error}`}); check --client-id and --client-secret`;
  return `the service answers ${status} without access_token; ${CHECK}`;
}
