import { type Ms, ms, parseDuration } from '../../domain/time.ts';
import type { FAULT_ROUTES, FaultBody } from '../../protocol/control/faults.ts';
import { MOST_FAULTS } from '../../simulator/faults.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { faultAnswer, listAnswer } from './answers.ts';
import { ControlError, invalid } from './errors.ts';
import type { Handlers } from './handlers.ts';

const LONGEST = ms(600_000);

/** The shortest and the longest delay that is written. */
function delays(written: NonNullable<FaultBody['latency']>): readonly [Ms, Ms] {
  const [shortest = ms(0), longest = shortest] = [written].flat().map((text) => parseDuration(text) ?? ms(0));
  const fault =
    shortest > longest
      ? 'the first duration is longer than the second; turn them round'
      : longest > LONGEST
        ? 'longer than 10m; use kind hang for an answer that never comes'
        : undefined;
  if (fault !== undefined) throw invalid([{ path: '/latency', message: `latency: ${fault}` }]);
  return [shortest, longest];
}

/** What is to go wrong. */
export const faultHandlers = ({ faults }: Simulator): Handlers<typeof FAULT_ROUTES> => ({
  'GET /faults': async ({ clientId }) => listAnswer(await faults.list(clientId), faultAnswer),

  async 'POST /faults'({ body, clientId }) {
    const { endpoint, status, retry_after: retryAfter, latency, kind, after = 0, times } = body;
    const fault = {
      endpoint,
      ...(status !== undefined && { status }),
      ...(retryAfter !== undefined && { retryAfter }),
      ...(latency !== undefined && { latency: delays(latency) }),
      ...(kind !== undefined && { kind }),
      after,
      ...(times !== undefined && { times }),
    };
    const armed = await faults.arm(fault, clientId);
    if (armed !== undefined) return faultAnswer(armed);
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
