import type { FastifyReply } from 'fastify';
import { ERRORS, type ErrorAnswer, type ErrorName } from '../../protocol/control/route.ts';

/** Why a control call was not carried out, in words for whoever sent it. */
export class ControlError extends Error {
  readonly answer: ErrorAnswer;

  constructor(error: ErrorName, message: string, more: Omit<ErrorAnswer, 'error' | 'message'> = {}) {
    super(message);
    this.answer = { error, message, ...more };
  }
}

export const sendError = (reply: FastifyReply, { answer }: ControlError): FastifyReply =>
  reply.code(ERRORS[answer.error]).send(answer);

export const noClient = (id: string) =>
  new ControlError('not_found', `there is no client "${id}"`, { hint: 'GET /__admin/clients lists them' });

/** Of a body that is wrong all over, so many faults are told. */
const MOST_FAULTS = 20;

/** What a body or query says that it should not, all at once. */
export function invalid(faults: NonNullable<ErrorAnswer['errors']>): ControlError {
  const errors = faults.slice(0, MOST_FAULTS);
  const more = faults.length - errors.length;
  const message = errors.map((fault) => fault.message).join('; ');
  return new ControlError('invalid', more > 0 ? `${message}; and ${more} more` : message, { errors });
}
