import type { RowName } from '../../domain/answer-profile.ts';
import { type Charset, UTF_8 } from './charset.ts';
import { decodeFormText, parsePairs } from './urlencoded.ts';

/** The fields of a form, names and values, in order. */
export type Form = readonly (readonly [string, string])[];

/** How large a form may be before the imitated framework answers 400. */
export const MAX_BYTES = 2_621_440;
export const MAX_FIELDS = 1000;
export const MAX_FILES = 100;

/** A form that the imitated framework rejects, and its answer. */
export class UnreadableForm extends Error {
  readonly row: RowName;

  constructor(reason: string, row: RowName = 'unreadable_form') {
    super(reason);
    this.row = row;
  }
}

/** A form above the framework's limits. */
export const tooMany = (what: string) =>
  new UnreadableForm(`the form has too many ${what}`, 'form_too_large');

/** Whether `boundary` is valid in a Content-Type. RFC 2046, 5.1.1. */
export const isBoundary = (boundary: string | undefined): boolean =>
  boundary !== undefined && /^[ -~]{0,200}[!-~]$/.test(boundary);

/**
 * The fields of an urlencoded body.
 *
 * @param utf8 the body, decoded as UTF-8
 */
export function urlencodedFields(utf8: string, bytes: () => Buffer, charset: Charset): Form | UnreadableForm {
  const text = charset === UTF_8 && !utf8.includes('\ufffd') ? utf8 : decodeFormText(bytes(), charset);
  // A shorter text cannot exceed the limit.
  if (text.length <= MAX_FIELDS) return parsePairs(text, charset);
  if (bytes().length > MAX_BYTES) return tooMany('bytes');
  return text.split('&', MAX_FIELDS + 1).length > MAX_FIELDS ? tooMany('fields') : parsePairs(text, charset);
}
