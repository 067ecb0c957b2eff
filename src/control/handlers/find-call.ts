import type { Simulator } from '../../simulator/simulator.ts';
import { ControlError } from '../errors.ts';

/** How a request names a call: the latest one for a validation, or number `n`. */
interface CallName {
  readonly validationId: string;
  readonly n: number | undefined;
  readonly clientId: string | undefined;
}

export const createGoneError = () => new ControlError('not_found', 'the call is gone');

/**
 * The call that a request means: the named client's, or the only one with this validation id.
 *
 * @throws {ControlError} there is none, or several clients have one
 */
export async function resolveCallId(
  calls: Simulator['calls'],
  { validationId, n, clientId: named }: CallName,
): Promise<string> {
  const owners = named === undefined ? await calls.listClientsWith(validationId) : [named];
  const [clientId] = owners;
  if (owners.length > 1) {
    throw new ControlError(
      'conflict',
      `several clients have a call for "${validationId}": ${owners.join(', ')}`,
      { hint: 'add client_id' },
    );
  }
  const callId = clientId === undefined ? undefined : await calls.findLatest(clientId, validationId, n);
  if (callId === undefined || (await calls.details(callId)) === undefined) {
    throw new ControlError('not_found', `there is no such call for "${validationId}"`, {
      hint: 'a call exists once a GET /call with a valid token opened it',
    });
  }
  return callId;
}
