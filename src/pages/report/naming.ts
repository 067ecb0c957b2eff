import type { CallAnswer } from '../../control/schema/calls.ts';

/** What a call is called: by its validation, and its number where that has had several. */
export const formatCallName = ({ validation_id, n }: CallAnswer): string =>
  n > 1 ? `${validation_id} (call ${n})` : validation_id;

/** Where a call stands in the report. Ids of HTML hold no spaces, and those of clients and validations may. */
export const toAnchor = ({ client_id, validation_id, n }: CallAnswer): string =>
  ['call', client_id, validation_id, n].map((part) => encodeURIComponent(String(part))).join('/');

/** Where frames stand that came to no call. */
export const NOT_OPENED_ANCHOR = 'frames-without-a-call';
