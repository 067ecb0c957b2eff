import { instant } from '../../domain/time.ts';
import type { ClockRefusal, ClockView } from '../../simulator/clocks.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { toClockAnswer } from '../answers.ts';
import { ControlError, createInvalidError } from '../errors.ts';
import type { CLOCK_ROUTES } from '../schema/clock.ts';
import { toDurationMs } from '../schema/scenario-format.ts';
import { createGoneError, resolveCallId } from './find-call.ts';
import type { Handlers } from './handler.ts';

/** The clock that was set, or an error that says why it was not. */
function toClockResult(outcome: ClockView | ClockRefusal) {
  if (outcome === 'no date') {
    throw createInvalidError([{ path: '', message: 'not a representable date; use years 1 to 9999' }]);
  }
  if (outcome === 'backwards') {
    throw new ControlError('conflict', 'this clock cannot go back: tokens were already issued on it', {
      hint: 'reset first, or create a client with its own clock',
    });
  }
  return toClockAnswer(outcome);
}

/** The virtual time of a client, or the default clock. */
export const clockHandlers = ({ clocks, calls }: Simulator): Handlers<typeof CLOCK_ROUTES> => ({
  'GET /clock': async ({ clientId }) => toClockAnswer(await clocks.read(clientId)),

  async 'POST /clock/advance'({ body: { by, validation_id: validationId, n }, clientId }) {
    if (validationId === undefined) return toClockResult(await clocks.advance(toDurationMs(by), clientId));
    const outcome = await calls.advance(
      await resolveCallId(calls, { validationId, n, clientId }),
      toDurationMs(by),
    );
    if (outcome === 'gone') throw createGoneError();
    if (outcome === 'not started') {
      throw new ControlError('conflict', `no page of the call for "${validationId}" has checked in yet`, {
        hint: 'its script starts with that: POST wait {"for":{"page":"open"}} first',
      });
    }
    return toClockAnswer(await clocks.read(clientId));
  },

  'POST /clock/freeze': async ({ body: { at }, clientId }) =>
    toClockResult(await clocks.freeze(at === undefined ? undefined : instant(Date.parse(at)), clientId)),

  'POST /clock/resume': async ({ clientId }) => toClockResult(await clocks.resume(clientId)),
});
