import type { Simulator } from '../../simulator/simulator.ts';
import { toListAnswer, toValidationAnswer } from '../answers.ts';
import { createInvalidError, createUnknownClientError } from '../errors.ts';
import { toValidationSettings, type VALIDATION_ROUTES } from '../schema/validations.ts';
import type { Handlers } from './handler.ts';
import { findNameProblems } from './scenarios.ts';

/** What is known of a validation before its call. */
export const validationHandlers = ({
  validations,
  scenarios,
}: Simulator): Handlers<typeof VALIDATION_ROUTES> => ({
  'GET /validations': async ({ clientId }) =>
    toListAnswer(await validations.list(clientId), toValidationAnswer),

  async 'PUT /validations/:validation_id'({ parameters, body, clientId }) {
    const problems = await findNameProblems(scenarios, body.scenario, clientId);
    if (problems.length > 0) throw createInvalidError(problems);
    const known = toValidationSettings(body);
    const validation = await validations.set(parameters.validation_id, known, clientId);
    if (validation === undefined) throw createUnknownClientError(clientId ?? '');
    return toValidationAnswer(validation);
  },
});
