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

const NO_EVENT = {
  error: 'no_event',
  reason: 'no event was posted in these states',
  hint: 'add a state such as "a video call event has been posted", or name the event in the description',
} as const;

const createBusyError = () =>
  new ControlError('conflict', 'another verification is running against this simulator', {
    hint: 'wait until it has ended, or use a simulator of your own by omitting --target',
  });

/** Sets up provider states. Only one verification can run at a time, because its interactions share them. */
export function providerStateHandlers(simulator: Simulator): Handlers<typeof STATE_ROUTES> {
  const { setUp, tearDown, findEvent } = createProviderStates(simulator);
  const lease = createLease();
  return {
    async 'POST /provider-states'({ body: { state, action = 'setup', params = {}, verification } }) {
      if (!lease.claim(verification)) throw createBusyError();
      try {
        if (action === 'end') {
          lease.release();
          await tearDown('', {});
          return { ...(await setUp('', {})) };
        }
        if (action === 'setup') return { ...(await setUp(state, params)) };
        await tearDown(state, params);
        return {};
      } catch (error) {
        throw toControlError(error);
      }
    },

    async 'POST /provider-events'({ body: { description } }) {
      if (!lease.claim(undefined)) throw createBusyError();
      try {
        const event = await findEvent(description);
        if (event === undefined) return NO_EVENT;
        const { type, code, message } = event.event;
        return { type, code, message };
      } catch (error) {
        if (!(error instanceof StateSetupFailed)) throw error;
        return { ...NO_EVENT, reason: error.message };
      }
    },
  };
}
