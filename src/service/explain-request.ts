import type { FastifyRequest } from 'fastify';
import { findMisspeltName } from '../domain/closest-match.ts';
import { type Explanation, explainMisspeltName } from '../domain/explanation.ts';
import { RULES } from '../domain/finding.ts';
import type { OAuthErrorCode, OAuthRequest, Refusal } from '../domain/oauth.ts';
import { FORM_TYPES } from '../guide/oauth.ts';
import { decodeBase64 } from './django/base64.ts';
import { BASIC_SCHEME } from './django/basic.ts';
import type { Form } from './django/form.ts';
import { getRequestContext, UNKNOWN_ADDRESS } from './request-context.ts';

const MAX_QUOTED_LENGTH = 40;

/** Explains refusals by how a request is written, where the rules only see that something is missing. */

const SEND_FORM = RULES['unsupported-body'].fix;

/** The fields whose absence may be the cause of an error. */
const NEEDED: Partial<Record<OAuthErrorCode, readonly string[]>> = {
  unsupported_grant_type: ['grant_type'],
  invalid_request: ['token'],
  invalid_client: ['client_id', 'client_secret'],
};

const COMPRESSION = /\b(?:gzip|deflate|br|zstd|compress)\b/i;

/** A header may contain anything, also a secret. */
const printable = (value: string) => (/^[\w.+/-]{1,60}$/.test(value) ? value : 'of an odd type');

/** How a body that is no form begins. */
const FORMATS: readonly { readonly start: RegExp; readonly format: string; readonly fix: string }[] = [
  { start: /^\s*[[{]\s*["[{\]}]/, format: 'JSON', fix: SEND_FORM },
  { start: /^\s*<[?!\w]/, format: 'XML', fix: SEND_FORM },
  {
    start: /^--\S+\r?\n/,
    format: 'multipart',
    fix: 'leave the Content-Type out: the client writes it, with the boundary',
  },
];

/** A field that is there under another name, such as clientId, or with what surrounds the whole body. */
function explainName(missing: readonly string[], form: Form): Explanation | undefined {
  const names = form.map(([name]) => name);
  for (const name of missing) {
    const sameToken = name === 'token' ? names.find((one) => one === 'access_token') : undefined;
    const written = sameToken ?? findMisspeltName(name, names);
    if (written === undefined) continue;
    const isFirst = written === names[0];
    if (isFirst && written.startsWith('\ufeff'))
      return { reason: 'the body begins with a byte order mark', fix: 'save it as UTF-8 without one' };
    if (isFirst && /^["']/.test(written))
      return {
        reason: 'the body begins with a quotation mark',
        fix: 'remove it; in cmd.exe, only double quotation marks surround an argument',
      };
    const [, value = ''] = form[names.indexOf(written)] ?? [];
    return explainMisspeltName('the form', name, written, value);
  }
  return undefined;
}

/** How a body hides its fields from the service, or undefined when it does not. */
function explainBody(request: FastifyRequest, form: Form | undefined): Explanation | undefined {
  const { headers, raw } = request;
  if (Number(headers['content-length'] ?? 0) === 0 && headers['transfer-encoding'] === undefined) {
    return {
      reason: 'the request has no body',
      fix: `${SEND_FORM}; if you did, a redirect dropped the body: add the trailing slash to the path`,
    };
  }
  const encoding = headers['content-encoding'];
  if (encoding !== undefined && COMPRESSION.test(encoding)) {
    return {
      reason: `the body is compressed (Content-Encoding: ${printable(encoding)}), and the service does not decompress it`,
      fix: 'send the body uncompressed',
    };
  }
  const first = request.writtenAs === undefined ? (form?.[0]?.[0] ?? '') : '';
  const written = FORMATS.find(({ start }) => start.test(first));
  if (written !== undefined) {
    const { format, fix } = written;
    return { reason: `the body is ${format}, although its Content-Type says that it is a form`, fix };
  }
  if (form !== undefined) return undefined;
  const type = raw.headers['content-type']?.split(';', 1)[0]?.trim();
  const small = type?.toLowerCase() ?? '';
  if (type !== small && FORM_TYPES.some((one) => one === small))
    return {
      reason: `the Content-Type says "${type}", and the service reads it in lower case only`,
      fix: `write ${small}`,
    };
  return {
    reason:
      type === undefined
        ? 'the body has no Content-Type, so the service does not read it as a form'
        : `the body is ${printable(type)}, and the service reads only forms`,
    fix: SEND_FORM,
  };
}

const explainFile = (field: string): Explanation => ({
  reason: `the part "${field}" has a filename, so the service reads it as a file and not as a field`,
  fix: 'send it as a field, without filename: data= in requests and httpx, WriteField in Go',
});

const SEND_BASIC = 'send Authorization: Basic and the base64 of ID:SECRET';

/** Why the service finds no credentials in an Authorization header. */
function explainHeader(header: string): Explanation {
  const [scheme = '', ...rest] = header.split(' ');
  const encoded = rest.join(' ').trim();
  if (scheme !== BASIC_SCHEME && scheme.toLowerCase() === 'basic') {
    return {
      reason: `the Authorization header says "${scheme}", and the service reads only the spelling "Basic"`,
      fix: 'write Basic with a capital B and small letters',
    };
  }
  if (scheme !== BASIC_SCHEME && /^basic/i.test(scheme)) {
    return { reason: 'the Authorization header has no space after "Basic"', fix: SEND_BASIC };
  }
  if (scheme !== BASIC_SCHEME) {
    // A header without a scheme may be a bare secret.
    const known = /^(?:bearer|digest|token|apikey|negotiate|oauth|hmac)$/i.test(scheme);
    return {
      reason: `the Authorization header has ${known ? `the scheme ${scheme}` : 'another scheme'}, and the service reads only Basic`,
      fix: SEND_BASIC,
    };
  }
  if (encoded === '')
    return { reason: 'the Authorization header has nothing after "Basic"', fix: SEND_BASIC };
  if (encoded.includes(':')) {
    return { reason: 'the credentials of the Authorization header are not base64', fix: SEND_BASIC };
  }
  if (/[-_]/.test(encoded)) {
    return {
      reason:
        'the credentials of the Authorization header are url-safe base64, and the service skips - and _',
      fix: 'encode them with the standard alphabet, which has + and /',
    };
  }
  if (decodeBase64(encoded) === undefined) {
    return {
      reason: 'the base64 of the Authorization header has a wrong length: its padding (=) is missing',
      fix: 'keep the = at the end',
    };
  }
  return {
    reason: 'the Authorization header does not decode to ID:SECRET in UTF-8',
    fix: SEND_BASIC,
  };
}

/** The explanation of a refusal, more precise than its own where the request shows more. */
export function explainRequest(
  request: FastifyRequest,
  { basic, fields }: OAuthRequest,
  form: Form | undefined,
  refusal: Refusal,
): Explanation {
  if ('blocked' in refusal && getRequestContext(request).from === UNKNOWN_ADDRESS) {
    const quoted = request.ip.slice(0, MAX_QUOTED_LENGTH);
    return {
      reason: `${refusal.reason}: X-Forwarded-For has "${quoted}" where an address must be`,
      fix: 'let the proxy send the address of the client',
    };
  }
  if (!('error' in refusal) || refusal.error === 'crash') return refusal;
  // The token endpoint refuses other things as an invalid request.
  const isNeeded = refusal.error !== 'invalid_request' || refusal.row.startsWith('revoke');
  const missing = isNeeded ? (NEEDED[refusal.error] ?? []).filter((name) => !fields.has(name)) : [];
  const { headers, fileFields = [] } = request;
  const { authorization = '' } = headers;
  const hasHeader = typeof basic === 'object';
  if (refusal.error === 'invalid_client' && authorization !== '') {
    const isMisread = authorization.startsWith(`${BASIC_SCHEME} `) && /[-_]/.test(authorization);
    if (isMisread || (!hasHeader && missing.length > 0)) return explainHeader(authorization);
  }
  const file = missing.find((name) => fileFields.includes(name));
  if (file !== undefined) return explainFile(file);
  // Credentials in a header leave nothing to look for in the body.
  const isExpected = missing.length > 0 && !(refusal.error === 'invalid_client' && hasHeader);
  if (!isExpected) return refusal;
  return explainBody(request, form) ?? (form && explainName(missing, form)) ?? refusal;
}
