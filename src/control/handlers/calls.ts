import type { Impossible } from '../../domain/call.ts';
import type { Deed } from '../../domain/scenario.ts';
import { ms } from '../../domain/time.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { callAnswer, eventAnswer, listAnswer } from '../answers.ts';
import { ControlError } from '../errors.ts';
import type { CALL_ROUTES } from '../schema/calls.ts';
import type { Handlers } from './handler.ts';

/** How long a deed waits for a page to have posted its event. Real time. */
const PATIENCE = ms(2_000);

/** By what a request names a call. */
interface CallNaming {
  readonly parameters: { readonly validation_id: string };
  readonly query: { readonly n?: string };
  readonly clientId: string | undefined;
}

function whatInstead({ hidden, possible }: Impossible): string {
  if (hidden) return 'no agent sees it before its validation is confirmed';
  return possible.length === 0
    ? 'nothing more can happen in this call'
    : `the agent can now ${possible.join(', ')}`;
}

const gone = () => new ControlError('not_found', 'the call is gone');

/** Every call, and what is done to it by hand. */
export function callHandlers({ calls, pages }: Simulator): Handlers<typeof CALL_ROUTES> {
  /** The call that a request means: of the client it names, or of the only one that has this validation id. */
  async function callMeant({ parameters, query, clientId: named }: CallNaming): Promise<string> {
    const { validation_id: validationId } = parameters;
    const owners = named === undefined ? await calls.clientsWith(validationId) : [named];
    const [clientId] = owners;
    if (owners.length > 1) {
      throw new ControlError(
        'conflict',
        `several clients have a call for "${validationId}": ${owners.join(', ')}`,
        { hint: 'add client_id' },
      );
    }
    const n = query.n === undefined ? undefined : Number(query.n);
    const callId = clientId === undefined ? undefined : await calls.latest(clientId, validationId, n);
    if (callId === undefined || (await calls.details(callId)) === undefined) {
      throw new ControlError('not_found', `there is no such call for "${validationId}"`, {
        hint: 'a call exists from the first GET /call that is let in',
      });
    }
    return callId;
  }

  /** Does something to a call, and answers when its page has posted what is said by that. */
  async function act(naming: CallNaming, deed: Deed, what: string) {
    const done = await calls.intervene(await callMeant(naming), deed);
    if (done === undefined) throw gone();
    if ('possible' in done) {
      throw new ControlError('conflict', `${what}: the call is in state "${done.state}"`, {
        hint: whatInstead(done),
      });
    }
    const delivery = await pages.delivery(done.callId, done.events.at(-1), PATIENCE);
    return delivery.page === 'posted'
      ? { page: delivery.page, posted_after_ms: Math.max(0, delivery.postedAt - done.at) }
      : delivery;
  }

  return {
    'GET /calls': async ({ clientId }) => listAnswer(await calls.list(clientId), callAnswer),

    async 'GET /calls/:validation_id'(asked) {
      const details = await calls.details(await callMeant(asked));
      if (details === undefined) throw gone();
      return callAnswer(details);
    },

    'POST /calls/:validation_id/agent': (asked) =>
      act(asked, { agent: asked.body.action }, `the agent cannot ${asked.body.action}`),

    'POST /calls/:validation_id/events'(asked) {
      const { type, code, message } = asked.body;
      return act(asked, { post: { type, code, message } }, 'nothing can be posted');
    },

    'POST /calls/:validation_id/fail': (asked) =>
      act(asked, { fail: asked.body.code }, 'the call cannot fail'),

    async 'POST /calls/:validation_id/signals'(asked) {
      const { name } = asked.body;
      const outcome = await calls.signal(await callMeant(asked), name);
      if (outcome === 'gone') throw gone();
      if (outcome === 'given') return;
      const { waitsFor } = outcome;
      throw new ControlError('conflict', `the script does not wait for "${name}"`, {
        hint: waitsFor === undefined ? 'it waits for nothing now' : `it waits for "${waitsFor}"`,
      });
    },

    'GET /events': async ({ clientId }) => listAnswer(calls.events(await calls.list(clientId)), eventAnswer),
  };
}
