import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credentials, type Drive, type Json, openDrive } from '../support/drive.ts';

const CLIENTS = 50;
const IDS = Array.from({ length: 20 }, (_, i) => `val-${i}`);
const SEED = 'isolation-1';

/** A number below `below`, derived from the seed and `what`. */
const pickBelow = (below: number, ...what: (string | number)[]): number =>
  createHash('sha256')
    .update([SEED, ...what].join())
    .digest()
    .readUInt32BE() % below;

/** The possible sequences of agent actions. Each client has its own sequence for each validation id. */
const ACTIONS = [
  [],
  ['join'],
  ['join', 'start'],
  ['join', 'start', 'end'],
  ['join', 'leave'],
  ['join', 'end'],
];
const STATES = ['waiting-room', 'loading', 'in-call', 'ended', 'waiting-room', 'ended'];
const EVENT_CODES: Record<string, string> = {
  join: 'VideocallLoading',
  start: 'VideocallInitiated',
  end: 'VideocallCompleted',
};
const pickSequence = (client: number, id: string) => pickBelow(ACTIONS.length, client, id);

describe('fifty clients with the same twenty validation ids', () => {
  let d: Drive;
  let clients: Credentials[];
  let tokens: string[][];
  const advanced = (client: number) => pickBelow(7200, client, 'clock');

  beforeAll(async () => {
    d = await openDrive({ scenario: 'manual' });
    // A slow machine would otherwise expire tokens by real time as well.
    await d.admin('POST', '/clock/freeze');
    clients = await Promise.all(Array.from({ length: CLIENTS }, () => d.createClient()));
    tokens = await Promise.all(
      clients.map(async (client, c) => {
        const own: string[] = [];
        for (const id of IDS) {
          const token = await d.token(client);
          own.push(token);
          await d.open(token, id);
          for (const action of ACTIONS[pickSequence(c, id)] ?? []) {
            await d.admin('POST', `/calls/${id}/agent`, { action, client_id: client.client_id });
          }
        }
        await d.admin('POST', '/clock/advance', { by: `${advanced(c)}s`, client_id: client.client_id });
        return own;
      }),
    );
  });
  afterAll(() => d.mock.close());

  const of = async (path: string, client: number): Promise<Json[]> =>
    (await d.admin('GET', `${path}?client_id=${clients[client]?.client_id}`)).json.items;
  const mapClients = <T>(read: (client: number) => Promise<T>) =>
    Promise.all(Array.from({ length: CLIENTS }, (_, client) => read(client)));

  it('lists to each client its own calls, in the state that its own agent left them in', async () => {
    const seen = await mapClients(async (client) =>
      (await of('/calls', client)).map((call) => [call.client_id, call.validation_id, call.state]),
    );
    const expected = clients.map(({ client_id }, c) =>
      IDS.map((id) => [client_id, id, STATES[pickSequence(c, id)]]),
    );
    expect(seen).toEqual(expected);
  });

  it('lists to each client its own tokens, bound to its own calls', async () => {
    const seen = await mapClients(async (client) =>
      (await of('/tokens', client)).map((token) => [token.access_token, token.validation_ids]),
    );
    expect(seen).toEqual(tokens.map((own) => own.map((token, i) => [token, [IDS[i]]])));
  });

  it('journals for each client its own requests in order', async () => {
    const seen = await mapClients(async (client) =>
      (await of('/requests', client)).map((one) => [one.client_id, one.path, one.validation_id]),
    );
    const expected = clients.map(({ client_id }) =>
      IDS.flatMap((id) => [
        [client_id, '/o/token/', null],
        [client_id, '/call', id],
      ]),
    );
    expect(seen).toEqual(expected);
  });

  it('lists to each client the events of its own agent', async () => {
    const seen = await mapClients(async (client) =>
      (await of('/events', client)).map((event) => [event.client_id, event.validation_id, event.code]),
    );
    const expected = clients.map(({ client_id }, c) =>
      IDS.flatMap((id) =>
        (ACTIONS[pickSequence(c, id)] ?? []).flatMap((action) =>
          EVENT_CODES[action] ? [[client_id, id, EVENT_CODES[action]]] : [],
        ),
      ),
    );
    expect(seen).toEqual(expected);
  });

  it('expires the tokens of each client by its own clock', async () => {
    const seen = await mapClients(async (client) =>
      (await of('/tokens', client)).some(({ state }) => state === 'expired'),
    );
    const expected = clients.map(
      (_, c) => advanced(c) >= 3600 && IDS.some((id) => STATES[pickSequence(c, id)] !== 'ended'),
    );
    expect(seen).toEqual(expected);
  });

  it('leaves all other clients unchanged when one is reset', async () => {
    const before = await mapClients((client) => of('/calls', client));
    await d.admin('POST', '/reset', { client_id: clients[0]?.client_id });
    const after = await mapClients((client) => of('/calls', client));
    expect(after).toEqual([[], ...before.slice(1)]);
  });
});
