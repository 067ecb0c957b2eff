import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isRange } from '../address.ts';
import type { Client } from '../domain/client.ts';
import { instant, ms, parseDuration } from '../domain/time.ts';
import {
  AdvanceBody,
  AgentBody,
  CallQuery,
  ClientBody,
  ForClient,
  FreezeBody,
  ValidationBody,
} from '../protocol/control.ts';
import type { ClockRefusal, ClockView } from '../simulator/clocks.ts';
import type { Simulator } from '../simulator/simulator.ts';
import {
  ControlError,
  callAnswer,
  clientAnswer,
  clockAnswer,
  listAnswer,
  tokenAnswer,
  validationAnswer,
} from './control-answers.ts';

/** How long an agent's action waits for a page to have posted its event. Real time. */
const PATIENCE = ms(2_000);

type ClientRoute = { Params: { client_id: string } };
type CallRoute = { Params: { validation_id: string }; Querystring: CallQuery; Body: AgentBody };

/** Body with either spelling of a key, as the domain names it. */
function clientFrom(body: ClientBody): Partial<Client> {
  const { client_id, client_secret, allowed_ips, allowedIps, grant_type, grantType, ...same } = body;
  const ips = allowed_ips ?? allowedIps;
  const grant = grant_type ?? grantType;
  return {
    ...same,
    ...(client_id !== undefined && { clientId: client_id }),
    ...(client_secret !== undefined && { clientSecret: client_secret }),
    ...(ips !== undefined && { allowedIps: ips }),
    ...(grant !== undefined && { grantType: grant }),
  };
}

/** `/__admin`: everything that a test or a person may see and steer. */
export async function control(app: FastifyInstance, { simulator }: { simulator: Simulator }): Promise<void> {
  const noClient = (id: string) =>
    new ControlError('not_found', `there is no client "${id}"`, 'GET /__admin/clients lists them');

  /** The client that a request names in its query or body, which must exist; undefined when it names none. */
  async function clientNamed(request: FastifyRequest): Promise<string | undefined> {
    const { client_id: inQuery } = request.query as ForClient;
    const { client_id: inBody } = (request.body ?? {}) as ForClient;
    const id = inBody ?? inQuery;
    if (id !== undefined && (await simulator.clients.get(id)) === undefined) throw noClient(id);
    return id;
  }

  /** What only the simulator and the network can judge of a client. */
  function checkClient({ scenario, allowed_ips, allowedIps, grant_type, grantType }: ClientBody): void {
    const faults = (allowed_ips ?? allowedIps ?? [])
      .filter((range) => !isRange(range))
      .map((range) => `allowed_ips: "${range}" is neither an IP address nor a range`);
    if (allowed_ips && allowedIps) faults.push('allowed_ips: is also written as allowedIps');
    if (grant_type && grantType) faults.push('grant_type: is also written as grantType');
    if (scenario !== undefined && !simulator.hasScenario(scenario)) {
      faults.push(
        `scenario: there is no scenario "${scenario}"; known: ${simulator.scenarioNames().join(', ')}`,
      );
    }
    if (faults.length > 0) throw new ControlError('invalid', faults.join('; '));
  }

  /** A clock that was set, or in words why it was not. */
  function clockSet(outcome: ClockView | ClockRefusal) {
    if (outcome === 'no date') throw new ControlError('invalid', 'that is farther than any date');
    if (outcome === 'backwards') {
      throw new ControlError(
        'conflict',
        'tokens were issued by this clock already, and it cannot go back behind them',
        'reset first, or make a client of its own',
      );
    }
    return clockAnswer(outcome);
  }

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

  app.post<{ Body: ForClient }>(
    '/reset',
    { schema: { body: ForClient, querystring: ForClient } },
    async (request, reply) => {
      await simulator.reset(await clientNamed(request));
      return reply.code(204).send();
    },
  );

  // ---- clients
  app.get('/clients', { schema: { querystring: ForClient } }, async (request) => {
    const clientId = await clientNamed(request);
    const all = await simulator.clients.list();
    return listAnswer(
      clientId === undefined ? all : all.filter((one) => one.clientId === clientId),
      clientAnswer,
    );
  });
  app.post<{ Body: ClientBody }>('/clients', { schema: { body: ClientBody } }, async (request, reply) => {
    checkClient(request.body);
    const client = await simulator.clients.create(clientFrom(request.body));
    if (client === undefined)
      throw new ControlError('conflict', `client "${request.body.client_id}" exists`, 'PATCH changes it');
    return reply.code(201).send(clientAnswer(client));
  });
  app.get<ClientRoute>('/clients/:client_id', async ({ params }) => {
    const client = await simulator.clients.get(params.client_id);
    if (client === undefined) throw noClient(params.client_id);
    return clientAnswer(client);
  });
  app.patch<ClientRoute & { Body: ClientBody }>(
    '/clients/:client_id',
    { schema: { body: ClientBody } },
    async ({ params, body }) => {
      checkClient(body);
      if (body.client_id !== undefined && body.client_id !== params.client_id) {
        throw new ControlError('invalid', 'client_id: a client keeps its id', 'create another client');
      }
      const client = await simulator.clients.update(params.client_id, clientFrom(body));
      if (client === undefined) throw noClient(params.client_id);
      return clientAnswer(client);
    },
  );
  app.delete<ClientRoute>('/clients/:client_id', async ({ params }, reply) => {
    if (!(await simulator.clients.remove(params.client_id))) throw noClient(params.client_id);
    return reply.code(204).send();
  });

  // ---- tokens
  app.get('/tokens', { schema: { querystring: ForClient } }, async (request) =>
    listAnswer(await simulator.tokens.list(await clientNamed(request)), tokenAnswer),
  );
  /** The token in the path, which must be the client's, if one is named. */
  async function tokenMeant(request: FastifyRequest<{ Params: { token: string } }>) {
    const clientId = await clientNamed(request);
    const token = await simulator.tokens.get(request.params.token);
    if (token === undefined || token.token.clientId !== (clientId ?? token.token.clientId)) {
      throw new ControlError(
        'not_found',
        'this access token was never issued here',
        'GET /__admin/tokens lists them',
      );
    }
    return token;
  }
  app.get<{ Params: { token: string } }>(
    '/tokens/:token',
    { schema: { querystring: ForClient } },
    async (request) => tokenAnswer(await tokenMeant(request)),
  );
  app.post<{ Params: { token: string } }>(
    '/tokens/:token/expire',
    { schema: { body: ForClient, querystring: ForClient } },
    async (request, reply) => {
      const { token } = await tokenMeant(request);
      await simulator.tokens.expire(token.accessToken);
      return reply.code(204).send();
    },
  );

  // ---- clock
  app.get('/clock', { schema: { querystring: ForClient } }, async (request) =>
    clockAnswer(await simulator.clocks.read(await clientNamed(request))),
  );
  app.post<{ Body: AdvanceBody }>(
    '/clock/advance',
    { schema: { body: AdvanceBody, querystring: ForClient } },
    async (request) =>
      clockSet(
        await simulator.clocks.advance(parseDuration(request.body.by) ?? ms(0), await clientNamed(request)),
      ),
  );
  app.post<{ Body: FreezeBody }>(
    '/clock/freeze',
    { schema: { body: FreezeBody, querystring: ForClient } },
    async (request) => {
      const { at } = request.body;
      const moment = at === undefined ? undefined : instant(Date.parse(at));
      return clockSet(await simulator.clocks.freeze(moment, await clientNamed(request)));
    },
  );
  app.post<{ Body: ForClient }>(
    '/clock/resume',
    { schema: { body: ForClient, querystring: ForClient } },
    async (request) => clockSet(await simulator.clocks.resume(await clientNamed(request))),
  );

  // ---- validations
  app.get('/validations', { schema: { querystring: ForClient } }, async (request) =>
    listAnswer(await simulator.validations.list(await clientNamed(request)), validationAnswer),
  );
  app.put<{ Params: { validation_id: string }; Body: ValidationBody }>(
    '/validations/:validation_id',
    { schema: { body: ValidationBody, querystring: ForClient } },
    async (request) => {
      const { client_id: _, ...known } = request.body;
      const clientId = await clientNamed(request);
      return validationAnswer(await simulator.validations.set(request.params.validation_id, known, clientId));
    },
  );

  // ---- calls
  app.get('/calls', { schema: { querystring: ForClient } }, async (request) =>
    listAnswer(await simulator.calls.list(await clientNamed(request)), callAnswer),
  );
  app.get<CallRoute>('/calls/:validation_id', { schema: { querystring: CallQuery } }, async (request) => {
    const details = await simulator.calls.details(await callMeant(request));
    return details && callAnswer(details);
  });
  app.post<CallRoute>(
    '/calls/:validation_id/agent',
    { schema: { body: AgentBody, querystring: CallQuery } },
    async (request) => {
      const { action } = request.body;
      const done = await simulator.calls.intervene(await callMeant(request), { agent: action });
      if (done === undefined) throw new ControlError('not_found', 'the call is gone');
      if ('possible' in done) {
        throw new ControlError(
          'conflict',
          `the agent cannot ${action}: the call is in state "${done.state}"`,
          done.possible.length === 0
            ? 'nothing more can happen in this call'
            : `possible now: ${done.possible.join(', ')}`,
        );
      }
      const delivery = await simulator.pages.delivery(done.callId, done.events.at(-1), PATIENCE);
      return delivery.page === 'posted'
        ? { page: 'posted', posted_after_ms: Math.max(0, delivery.postedAt - done.at) }
        : delivery;
    },
  );
}
