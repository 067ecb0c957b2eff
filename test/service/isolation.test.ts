import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Credentials, type Drive, type Json, openDrive } from '../support/drive.ts';

const CLIENTS = 50;
const IDS = Array.from({ length: 20 }, (_, i) => `val-${i}`);
const SEED = 'isolation-1';

/** A number below `below` that follows from the seed and what it is for. */
const chance = (below: number, ...what: (string | number)[]): number =>
  createHash('sha256')
    .update([SEED, ...what].join())
    .digest()
    .readUInt32BE() % below;

/** How far the agent goes in a call: a client's own course for each validation id. */
const ACTIONS = [
  [],
  ['join'],
  ['join', 'start'],
  ['join', 'start', 'end'],
  ['join', 'leave'],
  ['join', 'end'],
];
const STATES = ['waiting-room', 'loading', 'in-call', 'ended', 'waiting-room', 'ended'];
const SAYS: Record<string, string> = {
  join: 'VideocallLoading',
  start: 'VideocallInitiated',
  end: 'VideocallCompleted',
};
const courseOf = (client: number, id: string) => chance(ACTIONS.length, client, id);

describe('fifty clients on one server, all with the same twenty validation ids', () => {
  let d: Drive;
  let clients: Credentials[];
  let tokens: string[][];
  const advanced = (client: number) => chance(7200, client, 'clock');

  beforeAll(async () => {
    d = await openDrive({ scenario: 'manual' });
    clients = await Promise.all(Array.from({ length: CLIENTS }, () => d.createClient()));
    tokens = await Promise.all(
      clients.map(async (client, c) => {
        const own: string[] = [];
        for (const id of IDS) {
          const token = await d.token(client);
          own.push(token);
          await d.open(token, id);
          for (const action of ACTIONS[courseOf(c, id)] ?? []) {
            await d.admin('POST', `/calls/${id}/agent`, { action, client_id: client.client_id });
          }
        }
        await d.admin('POST', '/clock/advance', { by: `${advanced(c)}s`, client_id: client.client_id });
        return own;
      }),
    );
  }, 120_000);
  afterAll(() => d.mock.close());

  const of = async (path: string, client: number): Promise<Json[]> =>
    (await d.admin('GET', `${path}?client_id=${clients[client]?.client_id}`)).json.items;
  const every = <T>(look: (client: number) => Promise<T>) =>
    Promise.all(Array.from({ length: CLIENTS }, (_, client) => look(client)));

  it('lists to each its own calls, in the state to which its own agent brought them', async () => {
    const seen = await every(async (client) =>
      (await of('/calls', client)).map((call) => [call.client_id, call.validation_id, call.state]),
    );
    const expected = clients.map(({ client_id }, c) =>
      IDS.map((id) => [client_id, id, STATES[courseOf(c, id)]]),
    );
    expect(seen).toEqual(expected);
  });

  it('lists to each its own tokens, which have opened its own calls', async () => {
    const seen = await every(async (client) =>
      (await of('/tokens', client)).map((token) => [token.access_token, token.validation_ids]),
    );
    expect(seen).toEqual(tokens.map((own) => own.map((token, i) => [token, [IDS[i]]])));
  });

  it('keeps for each the journal of its own requests, in their order', async () => {
    const seen = await every(async (client) =>
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

  it('lists to each the events that its own agent has brought about', async () => {
    const seen = await every(async (client) =>
      (await of('/events', client)).map((event) => [event.client_id, event.validation_id, event.code]),
    );
    const expected = clients.map(({ client_id }, c) =>
      IDS.flatMap((id) =>
        (ACTIONS[courseOf(c, id)] ?? []).flatMap((action) =>
          SAYS[action] ? [[client_id, id, SAYS[action]]] : [],
        ),
      ),
    );
    expect(seen).toEqual(expected);
  });

  it('lets the tokens of each age by its own clock', async () => {
    const seen = await every(async (client) =>
      (await of('/tokens', client)).some(({ state }) => state === 'expired'),
    );
    const expected = clients.map(
      (_, c) => advanced(c) >= 3600 && IDS.some((id) => STATES[courseOf(c, id)] !== 'ended'),
    );
    expect(seen).toEqual(expected);
  });

  it('leaves all others as they are when one is reset', async () => {
    const before = await every((client) => of('/calls', client));
    await d.admin('POST', '/reset', { client_id: clients[0]?.client_id });
    const after = await every((client) => of('/calls', client));
    expect(after).toEqual([[], ...before.slice(1)]);
  });
});
