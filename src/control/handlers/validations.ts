import type { Simulator } from '../../simulator/simulator.ts';
import { listAnswer, validationAnswer } from '../answers.ts';
import { invalid, noClient } from '../errors.ts';
import type { VALIDATION_ROUTES } from '../schema/validations.ts';
import type { Handlers } from './handler.ts';
import { nameMismatches } from './scenarios.ts';

/** What is known of a validation before its call. */
export const validationHandlers = ({
  validations,
  scenarios,
}: Simulator): Handlers<typeof VALIDATION_ROUTES> => ({
  'GET /validations': async ({ clientId }) => listAnswer(await validations.list(clientId), validationAnswer),

  async 'PUT /validations/:validation_id'({ parameters, body: { exists, confirmed, scenario }, clientId }) {
    const found = await nameMismatches(scenarios, scenario, clientId);
    if (found.length > 0) throw invalid(found);
    const known = {
      ...(exists !== undefined && { exists }),
      ...(confirmed !== undefined && { confirmed }),
      ...(scenario !== undefined && { scenario }),
    };
    const validation = await validations.set(parameters.validation_id, known, clientId);
    if (validation === undefined) throw noClient(clientId ?? '');
    return validationAnswer(validation);
  },
});
