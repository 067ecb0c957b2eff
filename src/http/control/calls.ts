import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Impossible } from '../../domain/call.ts';
import type { Deed } from '../../domain/scenario.ts';
import { ms } from '../../domain/time.ts';
import { AgentBody, CallQuery, EventBody, FailBody, ForClient, SignalBody } from '../../protocol/control.ts';
import { ControlError, callAnswer, listAnswer } from './answers.ts';
import type { ControlDoor } from './door.ts';

/** How long a deed waits for a page to have posted its event. Real time. */
const PATIENCE = ms(2_000);

type CallRoute<Body = unknown> = { Params: { validation_id: string }; Querystring: CallQuery; Body: Body };

function whatInstead({ hidden, possible }: Impossible): string {
  if (hidden) return 'no agent sees it before its validation is confirmed';
  return possible.length === 0
    ? 'nothing more can happen in this call'
    : `the agent can now ${possible.join(', ')}`;
}

/** `/calls`: every call, and what is done to it by hand. */
export function callRoutes(app: FastifyInstance, { simulator, clientNamed }: ControlDoor): void {
  /** The call that a request means: of the client it names, or of the only one that has this validation id. */
  async function callMeant(request: FastifyRequest<CallRoute>): Promise<string> {
    const { validation_id: validationId } = request.params;
    const named = await clientNamed(request);
    const owners = named === undefined ? await simulator.calls.clientsWith(validationId) : [named];
    const [clientId] = owners;
    if (owners.length > 1) {
      throw new ControlError(
        'conflict',
        `several clients have a call for "${validationId}": ${owners.join(', ')}`,
        'add client_id',
      );
    }
    const n = request.query.n === undefined ? undefined : Number(request.query.n);
    const callId =
      clientId === undefined ? undefined : await simulator.calls.latest(clientId, validationId, n);
    if (callId === undefined || (await simulator.calls.details(callId)) === undefined) {
      throw new ControlError(
        'not_found',
        `there is no such call for "${validationId}"`,
        'a call exists from the first GET /call that is let in',
      );
    }
    return callId;
  }

  const gone = () => new ControlError('not_found', 'the call is gone');

  /** Does something to a call, and answers when its page has posted what is said by that. */
  async function act(request: FastifyRequest<CallRoute>, deed: Deed, what: string) {
    const done = await simulator.calls.intervene(await callMeant(request), deed);
    if (done === undefined) throw gone();
    if ('possible' in done) {
      throw new ControlError('conflict', `${what}: the call is in state "${done.state}"`, whatInstead(done));
    }
    const delivery = await simulator.pages.delivery(done.callId, done.events.at(-1), PATIENCE);
    return delivery.page === 'posted'
      ? { page: 'posted', posted_after_ms: Math.max(0, delivery.postedAt - done.at) }
      : delivery;
  }

  app.get('/calls', { schema: { querystring: ForClient } }, async (request) =>
    listAnswer(await simulator.calls.list(await clientNamed(request)), callAnswer),
  );

  app.get<CallRoute>('/calls/:validation_id', { schema: { querystring: CallQuery } }, async (request) => {
    const details = await simulator.calls.details(await callMeant(request));
    if (details === undefined) throw gone();
    return callAnswer(details);
  });

  const agent = { schema: { body: AgentBody, querystring: CallQuery } };
  app.post<CallRoute<AgentBody>>('/calls/:validation_id/agent', agent, async (request) => {
    const { action } = request.body;
    return act(request, { agent: action }, `the agent cannot ${action}`);
  });

  const event = { schema: { body: EventBody, querystring: CallQuery } };
  app.post<CallRoute<EventBody>>('/calls/:validation_id/events', event, async (request) => {
    const { type, code, message } = request.body;
    return act(request, { post: { type, code, message } }, 'nothing can be posted');
  });

  const fail = { schema: { body: FailBody, querystring: CallQuery } };
  app.post<CallRoute<FailBody>>('/calls/:validation_id/fail', fail, async (request) =>
    act(request, { fail: request.body.code }, 'the call cannot fail'),
  );

  const signal = { schema: { body: SignalBody, querystring: CallQuery } };
  app.post<CallRoute<SignalBody>>('/calls/:validation_id/signals', signal, async (request, reply) => {
    const { name } = request.body;
    const outcome = await simulator.calls.signal(await callMeant(request), name);
    if (outcome === 'gone') throw gone();
    if (outcome === 'given') return reply.code(204).send();
    const { waitsFor } = outcome;
    throw new ControlError(
      'conflict',
      `the script does not wait for "${name}"`,
      waitsFor === undefined ? 'it waits for nothing now' : `it waits for "${waitsFor}"`,
    );
  });
}
