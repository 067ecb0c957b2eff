import type { FastifyInstance } from 'fastify';
import { instant, ms, parseDuration } from '../../domain/time.ts';
import { AdvanceBody, ForClient, FreezeBody } from '../../protocol/control.ts';
import type { ClockRefusal, ClockView } from '../../simulator/clocks.ts';
import { ControlError, clockAnswer } from './answers.ts';
import type { ControlDoor } from './door.ts';

/** A clock that was set, or in words why it was not. */
function clockSet(outcome: ClockView | ClockRefusal) {
  if (outcome === 'no date') throw new ControlError('invalid', 'that is no date, or farther than any');
  if (outcome === 'backwards') {
    throw new ControlError(
      'conflict',
      'tokens were issued by this clock already, and it cannot go back behind them',
      'reset first, or make a client of its own',
    );
  }
  return clockAnswer(outcome);
}

/** `/clock`: the virtual time of a client, or of all that have none of their own. */
export function clockRoutes(app: FastifyInstance, { simulator, clientNamed }: ControlDoor): void {
  const { clocks } = simulator;

  app.get('/clock', { schema: { querystring: ForClient } }, async (request) =>
    clockAnswer(await clocks.read(await clientNamed(request))),
  );

  const advance = { schema: { body: AdvanceBody, querystring: ForClient } };
  app.post<{ Body: AdvanceBody }>('/clock/advance', advance, async (request) =>
    clockSet(await clocks.advance(parseDuration(request.body.by) ?? ms(0), await clientNamed(request))),
  );

  const freeze = { schema: { body: FreezeBody, querystring: ForClient } };
  app.post<{ Body: FreezeBody }>('/clock/freeze', freeze, async (request) => {
    const { at } = request.body;
    return clockSet(
      await clocks.freeze(at === undefined ? undefined : instant(Date.parse(at)), await clientNamed(request)),
    );
  });

  const resume = { schema: { body: ForClient, querystring: ForClient } };
  app.post<{ Body: ForClient }>('/clock/resume', resume, async (request) =>
    clockSet(await clocks.resume(await clientNamed(request))),
  );
}
