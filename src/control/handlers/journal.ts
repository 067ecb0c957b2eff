import type { Simulator } from '../../simulator/simulator.ts';
import type { Goal, Met } from '../../simulator/waits.ts';
import { callAnswer, eventAnswer, findingAnswer, listAnswer, requestAnswer } from '../answers.ts';
import { ControlError } from '../errors.ts';
import type { JOURNAL_ROUTES, WrittenGoal } from '../schema/journal.ts';
import { lengthOf } from '../schema/scenario-format.ts';
import type { Handlers } from './handler.ts';

const USUAL_PATIENCE = '5s';

/** Which entries are meant, in a query or in the body of a wait. */
interface WrittenFilter {
  readonly method?: string;
  readonly path?: string;
  readonly validation_id?: string;
  readonly status?: number | string;
}

const filterOf = ({ method, path, validation_id: validationId, status }: WrittenFilter) => ({
  ...(method !== undefined && { method: method.toUpperCase() }),
  ...(path !== undefined && { path }),
  ...(validationId !== undefined && { validationId }),
  ...(status !== undefined && { status: Number(status) }),
});

function goalOf(written: WrittenGoal): Goal {
  if ('event' in written) return { event: written.event };
  if ('call_state' in written) return { callState: written.call_state };
  return { request: filterOf(written.request) };
}

function metAnswer(met: Met) {
  if ('event' in met) return { event: eventAnswer(met.event) };
  return 'call' in met ? { call: callAnswer(met.call) } : { request: requestAnswer(met.request) };
}

/** What was asked of the imitated service, what came of it, and what can be waited for. */
export function journalHandlers({ journal, waits, findings }: Simulator): Handlers<typeof JOURNAL_ROUTES> {
  const find = ({ after, ...filter }: WrittenFilter & { after?: string }, clientId: string | undefined) =>
    journal.list(filterOf(filter), clientId, after === undefined ? undefined : Number(after));

  return {
    'GET /requests': async ({ query, clientId }) => listAnswer(await find(query, clientId), requestAnswer),

    'GET /requests/count': async ({ query, clientId }) => ({ count: (await find(query, clientId)).length }),

    async 'POST /wait'({ body, clientId, signal }) {
      const { for: goal, validation_id: validationId, n, after, timeout = USUAL_PATIENCE } = body;
      const scope = { clientId, validationId, n, after };
      const outcome = await waits.until(goalOf(goal), scope, lengthOf(timeout), signal);
      if (!('seen' in outcome)) return metAnswer(outcome);
      const when = signal.aborted ? 'before the simulator was stopped' : `within ${timeout}`;
      throw new ControlError('timeout', `${describe(goal)} has not come ${when}`, {
        hint:
          outcome.seen.length === 0 ? 'nothing was seen at all' : `seen instead: ${outcome.seen.join(', ')}`,
        seen: [...outcome.seen],
      });
    },

    'GET /findings': async ({ clientId }) => listAnswer(await findings.list(clientId), findingAnswer),
  };
}

function describe(goal: WrittenGoal): string {
  if ('event' in goal) return `event ${goal.event}`;
  if ('call_state' in goal) return `a call in state ${goal.call_state}`;
  return `a request ${JSON.stringify(goal.request)}`;
}
