import type { Simulator } from '../../simulator/simulator.ts';
import type { WaitGoal, WaitResult } from '../../simulator/wait.ts';
import {
  toCallAnswer,
  toEventAnswer,
  toFindingAnswer,
  toListAnswer,
  toPageAnswer,
  toRequestAnswer,
} from '../answers.ts';
import { ControlError } from '../errors.ts';
import type { JOURNAL_ROUTES, WrittenGoal } from '../schema/journal.ts';
import { toPageRequest } from '../schema/page.ts';
import { toDurationMs } from '../schema/scenario-format.ts';
import type { Handlers } from './handler.ts';

const DEFAULT_TIMEOUT = '5s';

/** The filter in a query or in the body of a wait. */
interface WrittenFilter {
  readonly method?: string;
  readonly path?: string;
  readonly validation_id?: string;
  readonly status?: number | string;
}

const toFilter = ({ method, path, validation_id: validationId, status }: WrittenFilter) => ({
  ...(method !== undefined && { method: method.toUpperCase() }),
  ...(path !== undefined && { path }),
  ...(validationId !== undefined && { validationId }),
  ...(status !== undefined && { status: Number(status) }),
});

function toGoal(written: WrittenGoal): WaitGoal {
  if ('event' in written) return { event: written.event };
  if ('call_state' in written) return { callState: written.call_state };
  if ('page' in written) return { page: written.page };
  return { request: toFilter(written.request) };
}

function toWaitAnswer(met: WaitResult) {
  if ('event' in met) return { event: toEventAnswer(met.event) };
  return 'call' in met ? { call: toCallAnswer(met.call) } : { request: toRequestAnswer(met.request) };
}

/** Reads the journal and findings, and waits. */
export function journalHandlers({ journal, waits, findings }: Simulator): Handlers<typeof JOURNAL_ROUTES> {
  return {
    'GET /requests': async ({ query: { limit, after, ...filter }, clientId }) =>
      toPageAnswer(
        await journal.page(toFilter(filter), toPageRequest({ limit, after }, clientId)),
        toRequestAnswer,
      ),

    'GET /requests/count': async ({ query: { after, ...filter }, clientId }) => ({
      count: await journal.count(toFilter(filter), clientId, after === undefined ? undefined : Number(after)),
    }),

    async 'POST /wait'({ body, clientId, signal }) {
      const { for: goal, validation_id: validationId, n, after, timeout = DEFAULT_TIMEOUT } = body;
      const scope = { clientId, validationId, n, after };
      const outcome = await waits.until(toGoal(goal), scope, toDurationMs(timeout), signal);
      if (!('seen' in outcome)) return toWaitAnswer(outcome);
      const when = signal.aborted ? 'before the simulator stopped' : `within ${timeout}`;
      throw new ControlError('timeout', `${describeGoal(goal)} did not come ${when}`, {
        hint: outcome.seen.length === 0 ? 'nothing was seen' : `seen instead: ${outcome.seen.join(', ')}`,
        seen: [...outcome.seen],
      });
    },

    'GET /findings': async ({ clientId }) => toListAnswer(await findings.list(clientId), toFindingAnswer),
  };
}

function describeGoal(goal: WrittenGoal): string {
  if ('event' in goal) return `event ${goal.event}`;
  if ('call_state' in goal) return `a call in state ${goal.call_state}`;
  if ('page' in goal) return goal.page === 'open' ? 'an open page' : 'the end of the last page';
  return `a request ${JSON.stringify(goal.request)}`;
}
