import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Client, DEMO_CLIENT } from '../domain/client.ts';
import { PATHS } from '../guide/oauth.ts';
import { readAsset } from '../pages/assets.ts';
import { CALL_PATHS } from '../pages/call/messages.ts';
import { renderDemoPage } from '../pages/demo/document.ts';
import { type DemoCall, DemoCallRequest } from '../pages/demo/messages.ts';
import { chooseCredentials, createSnippets } from '../pages/demo/snippets.ts';
import { createPageHeaders } from '../pages/headers.ts';
import { isLoopback } from '../server/address.ts';
import { getProtocol, withProtocol } from '../service/call-origins.ts';
import type { Simulator } from '../simulator/simulator.ts';
import { send } from '../system/http.ts';
import type { Random } from '../system/random.ts';
import { ControlError, createInvalidError, toErrorDetail } from './errors.ts';
import { type ControlAccess, guardControl } from './guard.ts';
import { findNameProblems } from './handlers/scenarios.ts';
import { check } from './schema/mismatch.ts';
import { CONSOLE, DEMO } from './schema/paths.ts';
import { answerUnknownPaths } from './unknown-paths.ts';

export interface DemoServices {
  readonly simulator: Simulator;
  readonly random: Random;
  readonly access: ControlAccess;
  /** The addresses for backends and browsers. */
  readonly addresses: { readonly url: string; readonly browserUrl: string };
}

const NONCE_LENGTH = 22;
const SUFFIX_LENGTH = 8;
/** The scenario that is selected first, if it exists. */
const INITIAL_SCENARIO = 'happy';
/** An armed fault may leave the demo's backend without an answer. Real time. */
const TOKEN_TIMEOUT_MS = 10_000;

/** The token in an answer, which a fault may have corrupted. */
function tokenIn(json: string): string | undefined {
  try {
    return (JSON.parse(json) as { access_token?: string } | null)?.access_token;
  } catch {
    return undefined;
  }
}

const createHeaders = (nonce: string, frame: string) => ({
  'content-type': 'text/html; charset=utf-8',
  ...createPageHeaders({
    'script-src': `'nonce-${nonce}'`,
    'style-src': `'nonce-${nonce}'`,
    'img-src': 'data:',
    'connect-src': "'self'",
    'frame-src': frame,
    'frame-ancestors': "'none'",
  }),
});

/** `/__demo`: a sample integrator page with its backend, for users without a page of their own. Guide 5.4. */
export async function demoRoutes(app: FastifyInstance, services: DemoServices): Promise<void> {
  const { simulator, random, access } = services;
  const { url: backendUrl, browserUrl } = services.addresses;
  const { clients, scenarios, validations } = simulator;

  /** Creates the demo's client if it does not exist, for example after a reset. */
  const ensureClient = async (): Promise<Client> =>
    (await clients.get(DEMO_CLIENT)) ?? (await clients.create({ clientId: DEMO_CLIENT })) ?? ensureClient();

  /**
   * Gets a token over HTTP like any backend, so that the journal shows it and faults affect it.
   *
   * @throws {ControlError} no token was issued
   */
  async function requestToken(): Promise<string> {
    const { clientId, clientSecret } = await ensureClient();
    const form = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: clientSecret,
    });
    const answer = await send(`${backendUrl}${PATHS.token}`, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'user-agent': 'mock-veridas demo',
      },
      body: String(form),
      timeoutMs: TOKEN_TIMEOUT_MS,
    }).catch(() => undefined);
    const access_token = answer?.status === 200 ? tokenIn(answer.text) : undefined;
    if (access_token !== undefined) return access_token;
    const what =
      answer === undefined ? 'no answer' : `an answer with status ${answer.status}, without a token`;
    const hint = 'GET /__admin/faults lists the armed faults; the journal has the reason of a refusal';
    throw new ControlError('unavailable', `the demo backend requested a token and got ${what}`, {
      hint,
    });
  }

  /** On the frame's own host name the page would have the same origin; an integrator's page has another. */
  function getRedirectUrl(request: FastifyRequest): string | undefined {
    const { hostname, port } = request;
    if (!hostname.includes('videocall') || !isLoopback(hostname)) return undefined;
    return `${getProtocol(request)}://localhost${port ? `:${port}` : ''}${DEMO}`;
  }

  /** The frame uses the page's scheme: browsers block an http frame in an https page. */
  const getFrameUrl = (request: FastifyRequest): string => withProtocol(getProtocol(request), browserUrl);

  async function renderPage(request: FastifyRequest, reply: FastifyReply): Promise<string> {
    const nonce = random.text(NONCE_LENGTH);
    const playable = (await scenarios.list(DEMO_CLIENT)).map(({ scenario }) => scenario);
    const clientIds = (await clients.list()).map(({ clientId }) => clientId);
    reply.headers(createHeaders(nonce, new URL(getFrameUrl(request)).origin));
    return renderDemoPage({
      nonce,
      css: readAsset('demo.css'),
      script: readAsset('demo.js'),
      setup: {
        calls: `${DEMO}/calls`,
        client: DEMO_CLIENT,
        scenarios: Object.fromEntries(playable.map(({ name, description = '' }) => [name, description])),
      },
      scenarios: playable,
      chosen: INITIAL_SCENARIO,
      snippets: createSnippets({
        backendUrl,
        browserUrl: getFrameUrl(request),
        ...chooseCredentials(clientIds),
      }),
      console: CONSOLE,
    });
  }

  await guardControl(app, access);
  app.get('/', async (request, reply) => {
    const address = getRedirectUrl(request);
    return address === undefined
      ? renderPage(request, reply)
      : reply.header('cache-control', 'no-store').redirect(address);
  });

  app.post('/calls', async (request, reply): Promise<DemoCall> => {
    const body = request.body ?? {};
    const problems = check(DemoCallRequest, body);
    if (problems.length > 0) throw createInvalidError(problems.map(toErrorDetail));
    const { scenario } = body as DemoCallRequest;
    const scenarioProblems = await findNameProblems(scenarios, scenario, DEMO_CLIENT);
    if (scenarioProblems.length > 0) throw createInvalidError(scenarioProblems);
    const access_token = await requestToken();
    const validation_id = `${scenario}~demo-${random.text(SUFFIX_LENGTH).toLowerCase()}`;
    // With `--known-validations-only` the validation must be set up first.
    await validations.set(validation_id, { exists: true }, DEMO_CLIENT);
    reply.header('cache-control', 'no-store');
    const query = new URLSearchParams({ access_token, validation_id });
    return { src: `${getFrameUrl(request)}${CALL_PATHS.page}?${query}`, validation_id };
  });

  answerUnknownPaths(app, async ({ method, url }) => {
    throw new ControlError('not_found', `the demo has no ${method} ${url.split('?', 1)[0]}`, {
      hint: `GET ${DEMO} is the demo page`,
    });
  });
}
