import { MOST_FAULTS } from '../../simulator/faults.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { faultAnswer, listAnswer } from '../answers.ts';
import { ControlError, noClient } from '../errors.ts';
import { delaysOf, type FAULT_ROUTES } from '../schema/faults.ts';
import type { Handlers } from './handler.ts';

/** What is to go wrong. */
export const faultHandlers = ({ faults }: Simulator): Handlers<typeof FAULT_ROUTES> => ({
  'GET /faults': async ({ clientId }) => listAnswer(await faults.list(clientId), faultAnswer),

  async 'POST /faults'({ body, clientId }) {
    const { endpoint, status, retry_after: retryAfter, latency, kind, after = 0, times } = body;
    const fault = {
      endpoint,
      ...(status !== undefined && { status }),
      ...(retryAfter !== undefined && { retryAfter }),
      ...(latency !== undefined && { latency: delaysOf(latency) }),
      ...(kind !== undefined && { kind }),
      after,
      ...(times !== undefined && { times }),
    };
    const armed = await faults.arm(fault, clientId);
    if (armed === undefined) throw noClient(clientId ?? '');
    if (armed !== 'too many') return faultAnswer(armed);
    throw new ControlError('conflict', `${MOST_FAULTS} faults are armed already`, {
      hint: 'DELETE those that are used up',
    });
  },

  async 'DELETE /faults/:id'({ parameters: { id }, clientId }) {
    if (await faults.disarm(id, clientId)) return;
    throw new ControlError('not_found', `there is no fault "${id}"`, {
      hint: 'GET /__admin/faults lists them',
    });
  },
});
