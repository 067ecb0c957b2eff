import { charset, UTF_8 } from './charset.ts';
import { headerValue } from './header-value.ts';
import { MOST_BYTES, MOST_FIELDS, TooMuch } from './limits.ts';
import { isBoundary, multipartFields } from './multipart.ts';
import { formText, pairs } from './urlencoded.ts';

/** The fields of a form, names and values, in order. */
export type Form = readonly (readonly [string, string])[];

/** A form that cannot be read at all. */
export class Unreadable extends Error {}

/**
 * The fields of a request's body, in order; undefined for a body of any other type, which is not looked at: the type
 * is compared letter by letter.
 *
 * @param contentType the header as it came, empty when there was none
 * @throws {Unreadable} a multipart body without a usable boundary
 * @throws {TooMuch} more than the framework takes
 */
export function formFields(contentType: string, body: Buffer): Form | undefined {
  const { main, parameters } = headerValue(contentType);
  const encoding = charset(parameters.get('charset') ?? 'utf-8') ?? UTF_8;
  if (main === 'application/x-www-form-urlencoded') {
    if (body.length > MOST_BYTES) throw new TooMuch('bytes');
    const text = formText(body, encoding);
    if (text.split('&', MOST_FIELDS + 1).length > MOST_FIELDS) throw new TooMuch('fields');
    return pairs(text, encoding);
  }
  if (main === 'multipart/form-data') {
    const boundary = parameters.get('boundary');
    if (!isBoundary(boundary) || /[\u0080-\uffff]/.test(contentType))
      throw new Unreadable('no usable boundary');
    return multipartFields(body, boundary, encoding);
  }
  return undefined;
}
