import type { CallAnswer } from '../../control/schema/calls.ts';

/** The name of a call: its validation, and its number if that has had several calls. */
export const formatCallName = ({ validation_id, n }: CallAnswer): string =>
  n > 1 ? `${validation_id} (call ${n})` : validation_id;

/** The id of a call's section. HTML ids contain no spaces, but those of clients and validations may. */
export const toAnchor = ({ client_id, validation_id, n }: CallAnswer): string =>
  ['call', client_id, validation_id, n].map((part) => encodeURIComponent(String(part))).join('/');

/** The id of the section for frames without a call. */
export const NOT_OPENED_ANCHOR = 'frames-without-a-call';
