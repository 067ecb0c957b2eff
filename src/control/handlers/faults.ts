import { MAX_FAULTS } from '../../domain/fault.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { toFaultAnswer, toListAnswer } from '../answers.ts';
import { ControlError, createUnknownClientError } from '../errors.ts';
import { type FAULT_ROUTES, toFault } from '../schema/faults.ts';
import type { Handlers } from './handler.ts';

/** What is to go wrong. */
export const faultHandlers = ({ faults }: Simulator): Handlers<typeof FAULT_ROUTES> => ({
  'GET /faults': async ({ clientId }) => toListAnswer(await faults.list(clientId), toFaultAnswer),

  async 'POST /faults'({ body, clientId }) {
    const armed = await faults.arm(toFault(body), clientId);
    if (armed === undefined) throw createUnknownClientError(clientId ?? '');
    if (armed !== 'too many') return toFaultAnswer(armed);
    throw new ControlError('conflict', `${MAX_FAULTS} faults are armed already`, {
      hint: 'DELETE faults that are used up',
    });
  },

  async 'DELETE /faults/:id'({ parameters: { id }, clientId }) {
    if (await faults.disarm(id, clientId)) return;
    throw new ControlError('not_found', `there is no fault "${id}"`, {
      hint: 'GET /__admin/faults lists them',
    });
  },
});
