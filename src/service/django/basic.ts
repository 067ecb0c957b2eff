import type { BasicCredentials } from '../../domain/oauth.ts';
import { decodeBase64 } from './base64.ts';
import { findCharset } from './charset.ts';
import { unquotePlus } from './urlencoded.ts';

export const BASIC_SCHEME = 'Basic';
const SCHEME = `${BASIC_SCHEME} `;

/**
 * Credentials of an `Authorization` header as the imitated service reads them: the scheme is compared letter
 * by letter, and id and secret are percent-decoded once more (RFC 6749, 2.3.1).
 *
 * @param header the header as it came, one character per byte
 * @param encoding name of the text encoding; a request may set it by a parameter
 */
export function parseBasicCredentials(header: string | undefined, encoding: string): BasicCredentials {
  if (!header?.startsWith(SCHEME) || header === SCHEME) return 'absent';
  const encoded = header.slice(SCHEME.length);
  if (/[\u0080-\uffff]/.test(encoded)) return 'crash';
  const bytes = decodeBase64(encoded);
  if (bytes === undefined) return 'unreadable';
  const decoder = findCharset(encoding);
  if (decoder === undefined) return 'crash';
  const text = decoder.decodeStrict(bytes);
  const colon = text?.indexOf(':') ?? -1;
  if (text === undefined || colon < 0) return 'unreadable';
  return { id: unquotePlus(text.slice(0, colon)), secret: unquotePlus(text.slice(colon + 1)) };
}
