import {
  createProviderStates,
  InvalidState,
  StateSetupFailed,
} from '../../contracts/provider-states/provider-states.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { ControlError, createInvalidError } from '../errors.ts';
import type { STATE_ROUTES } from '../schema/provider-states.ts';
import type { Handlers } from './handler.ts';
import { createLease } from './lease.ts';

/** A state that cannot be set up is a 4xx, because Pact retries after a 5xx. */
function toControlError(error: unknown): unknown {
  if (error instanceof InvalidState) {
    return createInvalidError(error.problems.map((message) => ({ path: '/state', message })));
  }
  if (error instanceof StateSetupFailed) {
    return new ControlError('conflict', error.message, error.hint === undefined ? {} : { hint: error.hint });
  }
  return error;
}

const createBusyError = () =>
  new ControlError('conflict', 'another verification is running against this simulator', {
    hint: 'wait until it has ended, or verify against a simulator of your own: without --target',
  });

/** Sets up provider states. Only one verification can run at a time, because its interactions share them. */
export function providerStateHandlers(simulator: Simulator): Handlers<typeof STATE_ROUTES> {
  const { setUp, tearDown } = createProviderStates(simulator);
  const lease = createLease();
  return {
    async 'POST /provider-states'({ body: { state, action = 'setup', params = {}, verification } }) {
      if (!lease.claim(verification)) throw createBusyError();
      try {
        if (action === 'end') {
          lease.release();
          return { ...(await setUp('', {})) };
        }
        if (action === 'setup') return { ...(await setUp(state, params)) };
        await tearDown(state, params);
        return {};
      } catch (error) {
        throw toControlError(error);
      }
    },
  };
}
