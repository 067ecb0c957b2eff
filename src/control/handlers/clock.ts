import { instant } from '../../domain/time.ts';
import type { ClockRefusal, ClockView } from '../../simulator/clocks.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { toClockAnswer } from '../answers.ts';
import { ControlError, createInvalidError } from '../errors.ts';
import type { CLOCK_ROUTES } from '../schema/clock.ts';
import { toDurationMs } from '../schema/scenario-format.ts';
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
export const clockHandlers = ({ clocks }: Simulator): Handlers<typeof CLOCK_ROUTES> => ({
  'GET /clock': async ({ clientId }) => toClockAnswer(await clocks.read(clientId)),

  'POST /clock/advance': async ({ body, clientId }) =>
    toClockResult(await clocks.advance(toDurationMs(body.by), clientId)),

  'POST /clock/freeze': async ({ body: { at }, clientId }) =>
    toClockResult(await clocks.freeze(at === undefined ? undefined : instant(Date.parse(at)), clientId)),

  'POST /clock/resume': async ({ clientId }) => toClockResult(await clocks.resume(clientId)),
});
