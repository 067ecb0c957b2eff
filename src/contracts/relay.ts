import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type Asking, RequestFailed } from '../control/schema/client.ts';
import { EVENTS } from '../guide/events.ts';
import { findSecrets } from './masking.ts';
import type { Interaction, Pact } from './pact.ts';
import type { ProviderControl } from './provider-control.ts';
import { findState, isEmptyName, PROVIDER_STATES } from './provider-states/table.ts';

/** What is known about an interaction besides the verifier's result. */
export interface Observation {
  /** Why its states could not be set up, or did not end as expected. */
  readonly stateErrors: { readonly message: string; readonly hint?: string }[];
  /** Why the simulator refused its request. */
  reason?: string;
}

/** Values for what a contract does not name. */
export interface Defaults {
  readonly client_id?: string | undefined;
  readonly client_secret?: string | undefined;
  readonly validation_id?: string | undefined;
}

export interface RelayOptions {
  readonly control: ProviderControl;
  /** The origin that browsers load the frame from, which is that of its events. */
  readonly origin: string;
  readonly defaults: Defaults;
  readonly allowUnknownStates: boolean;
}

export type Relay = Awaited<ReturnType<typeof openRelay>>;

interface RelayAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

type State = Asking<'POST /provider-states'>['body'];
type Params = NonNullable<State['params']>;

const EVENT_STATE = 'a video call event has been posted';
const BASELINE_STATE = 'the client credentials exist';

/** The names of metadata in the spellings that consumers use. */
const METADATA_NAMES = ['contentType', 'content-type', 'Content-Type', 'origin'];
const normalizeName = (name: string): string => name.replace(/[^a-z]/gi, '').toLowerCase();

/**
 * A local server between the verifier and the control API: it sets up states, returns the events of message contracts, and
 * records what the verifier does not report.
 */
export async function openRelay({ control, origin, defaults, allowUnknownStates }: RelayOptions) {
  let interactions: readonly Interaction[] = [];
  let observations: Observation[] = [];
  let current = -1;
  let setupCount = 0;
  let values: Readonly<Record<string, string>> = {};
  let lastRequest = 0;
  let isTornDown = true;
  let onActivity: (index: number) => void = () => {};
  /** Every secret among the values of states. */
  const secrets = new Set<string>();
  let disconnectReason: string | undefined;

  const getStates = (index: number) => interactions[index]?.states ?? [];

  /** The parameters with default values; a secret goes with its client. */
  function withDefaults(name: string, params: Params): Params {
    const known = findState(name);
    if (known === undefined) return params;
    const isGiven = (key: string) => getStates(current).some((state) => state.params[key] !== undefined);
    const given = Object.entries(defaults).filter(
      ([key, value]) =>
        value !== undefined &&
        Object.hasOwn(PROVIDER_STATES[known].params, key) &&
        !isGiven(key) &&
        (key === 'validation_id' || !isGiven('client_id')),
    );
    return { ...Object.fromEntries(given), ...params };
  }

  /** Why the simulator refused its latest request. */
  async function recordReason(observation: Observation): Promise<void> {
    const last = (await control.requestsAfter(lastRequest)).at(-1);
    lastRequest = last?.id ?? lastRequest;
    if (typeof last?.reason === 'string') observation.reason = last.reason;
  }

  /** Sets up a state, or tears it down, and records the outcome. */
  async function apply(asked: State, seen: Observation | undefined): Promise<RelayAnswer> {
    try {
      const given = await control.applyState(asked);
      values = { ...values, ...given };
      for (const secret of findSecrets(given)) secrets.add(secret);
      return { status: 200, body: given };
    } catch (error) {
      if (!(error instanceof RequestFailed) || error.status === undefined) throw error;
      const {
        message,
        status,
        details: { hint },
      } = error;
      const body = { message, ...(hint !== undefined && { hint }) };
      seen?.stateErrors.push(body);
      return { status, body };
    }
  }

  async function state({ action, state: name = '', params = {} }: Partial<State>): Promise<RelayAnswer> {
    if (action === 'setup') {
      if (isTornDown || setupCount >= Math.max(1, getStates(current).length)) beginInteraction();
      setupCount += 1;
    }
    const observation = observations[current] ?? { stateErrors: [] };
    if (action === 'teardown' && !isTornDown) await recordReason(observation);
    isTornDown = action === 'teardown';
    onActivity(current);
    const isUnknown = allowUnknownStates && findState(name) === undefined;
    // The client that requests name without any state exists at every target.
    const known = isUnknown || isEmptyName(name) ? BASELINE_STATE : name;
    const given = known === name ? params : {};
    return apply(
      { ...(action && { action }), state: known, params: withDefaults(known, given) },
      observation,
    );
  }

  function beginInteraction(): void {
    current += 1;
    setupCount = 0;
    values = {};
    observations[current] ??= { stateErrors: [] };
  }

  async function findLatestEvent() {
    const { clientId, validationId } = values;
    if (clientId === undefined || validationId === undefined) return undefined;
    const events = await control.eventsOf(clientId);
    return events.filter((event) => event.validation_id === validationId).at(-1);
  }

  /** The event of a message contract: the one that its states caused, otherwise the one that it names. */
  async function message({ description = '' }: { description?: unknown }): Promise<RelayAnswer> {
    let event = await findLatestEvent();
    const code = Object.keys(EVENTS).find((name) => String(description).includes(name));
    if (event === undefined && code !== undefined) {
      const params = withDefaults(EVENT_STATE, { code });
      await apply({ action: 'setup', state: EVENT_STATE, params }, observations[current]);
      event = await findLatestEvent();
    }
    if (event === undefined) {
      const hint = `add a state such as "${EVENT_STATE}", or name the event in the description`;
      observations[current]?.stateErrors.push({ message: 'no event was posted in these states', hint });
      // The verifier takes an answer below 500 as the message itself.
      return { status: 500, body: { message: 'no event' } };
    }
    const known: Readonly<Record<string, string>> = { contenttype: 'application/json', origin };
    const names = [...METADATA_NAMES, ...(interactions[current]?.metadata ?? [])];
    const metadata = Object.fromEntries(names.map((name) => [name, known[normalizeName(name)]]));
    const encoded = Buffer.from(JSON.stringify(metadata)).toString('base64');
    return {
      status: 200,
      body: { type: event.type, code: event.code, message: event.message },
      headers: { 'Pact-Message-Metadata': encoded },
    };
  }

  async function handleRequest(request: IncomingMessage): Promise<RelayAnswer> {
    const asked: Partial<State> & { description?: unknown } = JSON.parse((await text(request)) || '{}');
    return request.url?.startsWith('/messages') ? message(asked) : state(asked);
  }

  function send(response: ServerResponse, { status, body, headers = {} }: RelayAnswer): void {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  }

  const server = createServer((request, response) => {
    handleRequest(request).then(
      (one) => send(response, one),
      (error: Error) => {
        if (error instanceof RequestFailed) disconnectReason = error.message;
        observations[current]?.stateErrors.push({
          message: `the control API cannot be reached: ${error.message}`,
        });
        send(response, { status: 424, body: { message: error.message } });
      },
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;

  return {
    port,
    secrets,
    /** Why the control API can no longer be reached, if so. */
    getDisconnectReason: () => disconnectReason,
    stateUrl: `http://127.0.0.1:${port}/state`,
    messagePath: '/messages',

    /** Prepares for the interactions of a pact, and returns the notes that will be filled in for each. */
    async expect(pact: Pact, onInteraction: (index: number) => void): Promise<readonly Observation[]> {
      interactions = pact.interactions;
      observations = [];
      current = -1;
      setupCount = 0;
      isTornDown = true;
      onActivity = onInteraction;
      lastRequest = (await control.requestsAfter(0)).at(-1)?.id ?? 0;
      return observations;
    },

    close(): Promise<void> {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
