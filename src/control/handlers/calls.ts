import type { ActionRejection } from '../../domain/call.ts';
import type { CallAction } from '../../domain/scenario.ts';
import { ms } from '../../domain/time.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { toCallAnswer, toEventAnswer, toPageAnswer } from '../answers.ts';
import { ControlError } from '../errors.ts';
import type { CALL_ROUTES } from '../schema/calls.ts';
import { toPageRequest } from '../schema/page.ts';
import { createGoneError, resolveCallId } from './find-call.ts';
import type { Handlers } from './handler.ts';

/** How long an action waits for a page to have posted its event. Real time. */
const DELIVERY_TIMEOUT_MS = ms(2_000);

/** How a request names a call. */
interface CallReference {
  readonly parameters: { readonly validation_id: string };
  readonly query: { readonly n?: string };
  readonly clientId: string | undefined;
}

function describeAlternatives({ hidden, possible }: ActionRejection): string {
  if (hidden) return 'no agent sees it until its validation is confirmed';
  return possible.length === 0 ? 'the call is over' : `the agent can now ${possible.join(', ')}`;
}

/** Reads calls, and applies interventions to them. */
export function callHandlers({ calls, pages }: Simulator): Handlers<typeof CALL_ROUTES> {
  const findCallId = ({ parameters, query, clientId }: CallReference) =>
    resolveCallId(calls, {
      validationId: parameters.validation_id,
      n: query.n === undefined ? undefined : Number(query.n),
      clientId,
    });

  /** Applies an intervention to a call; answers when its page has posted the resulting event. */
  async function applyAction(reference: CallReference, action: CallAction, failureMessage: string) {
    const done = await calls.intervene(await findCallId(reference), action);
    if (done === undefined) throw createGoneError();
    if ('possible' in done) {
      throw new ControlError('conflict', `${failureMessage}: the call is in state "${done.state}"`, {
        hint: describeAlternatives(done),
      });
    }
    const delivery = await pages.waitForDelivery(done.callId, done.events.at(-1), DELIVERY_TIMEOUT_MS);
    return delivery.page === 'posted'
      ? { page: delivery.page, posted_after_ms: Math.max(0, delivery.postedAt - done.at) }
      : delivery;
  }

  return {
    'GET /calls': async ({ query, clientId }) =>
      toPageAnswer(await calls.list(toPageRequest(query, clientId)), toCallAnswer),

    async 'GET /calls/:validation_id'(asked) {
      const details = await calls.details(await findCallId(asked));
      if (details === undefined) throw createGoneError();
      return toCallAnswer(details);
    },

    'POST /calls/:validation_id/agent': (asked) =>
      applyAction(asked, { agent: asked.body.action }, `the agent cannot ${asked.body.action}`),

    'POST /calls/:validation_id/events'(asked) {
      const { type, code, message } = asked.body;
      return applyAction(asked, { post: { type, code, message } }, 'nothing can be posted');
    },

    'POST /calls/:validation_id/fail': (asked) =>
      applyAction(asked, { fail: asked.body.code }, 'the call cannot fail'),

    async 'POST /calls/:validation_id/signals'(asked) {
      const { name } = asked.body;
      const outcome = await calls.signal(await findCallId(asked), name);
      if (outcome === 'gone') throw createGoneError();
      if (outcome === 'given') return;
      const { waitsFor } = outcome;
      throw new ControlError('conflict', `the script does not wait for "${name}"`, {
        hint: waitsFor === undefined ? 'it waits for no signal now' : `it waits for "${waitsFor}"`,
      });
    },

    'GET /events': async ({ query, clientId }) =>
      toPageAnswer(await calls.events(toPageRequest(query, clientId)), toEventAnswer),
  };
}
