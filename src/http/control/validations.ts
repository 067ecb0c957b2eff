import type { FastifyInstance } from 'fastify';
import { ForClient, ValidationBody } from '../../protocol/control.ts';
import { ControlError, listAnswer, validationAnswer } from './answers.ts';
import type { ControlDoor } from './door.ts';

type ValidationRoute = { Params: { validation_id: string }; Body: ValidationBody };

/** `/validations`: what is known of a validation before its call. */
export function validationRoutes(app: FastifyInstance, door: ControlDoor): void {
  const { simulator, clientNamed, scenarioFaults } = door;

  app.get('/validations', { schema: { querystring: ForClient } }, async (request) =>
    listAnswer(await simulator.validations.list(await clientNamed(request)), validationAnswer),
  );

  const put = { schema: { body: ValidationBody, querystring: ForClient } };
  app.put<ValidationRoute>('/validations/:validation_id', put, async (request) => {
    const { client_id: _, ...known } = request.body;
    const faults = scenarioFaults(known.scenario);
    if (faults.length > 0) throw new ControlError('invalid', faults.join('; '));
    const clientId = await clientNamed(request);
    return validationAnswer(await simulator.validations.set(request.params.validation_id, known, clientId));
  });
}
