import type { FastifyReply } from 'fastify';
import { ERRORS, type ErrorName } from './schema/errors.ts';
import type { Mismatch } from './schema/mismatch.ts';
import type { ErrorAnswer } from './schema/route.ts';

/** A refused control request; the message is for its sender. */
export class ControlError extends Error {
  readonly answer: ErrorAnswer;

  constructor(error: ErrorName, message: string, more: Omit<ErrorAnswer, 'error' | 'message'> = {}) {
    super(message);
    this.answer = { error, message, ...more };
  }
}

/** Sends an error with its status. */
export const sendError = (reply: FastifyReply, { answer }: ControlError): FastifyReply =>
  reply.code(ERRORS[answer.error]).send(answer);

/** There is no client of this id. */
export const createUnknownClientError = (id: string) =>
  new ControlError('not_found', `there is no client "${id}"`, { hint: 'GET /__admin/clients lists them' });

/** Formats a mismatch, with its place as a JSON pointer (RFC 6901). */
export const toErrorDetail = ({ path, message }: Mismatch) => ({
  path: path.map((part) => `/${part}`).join(''),
  message,
});

/** The maximum number of mismatches that are reported. */
const MAX_LISTED_ERRORS = 20;

/** Throws one error with all mismatches of a body or query. */
export function createInvalidError(found: NonNullable<ErrorAnswer['errors']>): ControlError {
  const errors = found.slice(0, MAX_LISTED_ERRORS);
  const more = found.length - errors.length;
  const message = errors.map((one) => one.message).join('; ');
  return new ControlError('invalid', more > 0 ? `${message}; and ${more} more` : message, { errors });
}
