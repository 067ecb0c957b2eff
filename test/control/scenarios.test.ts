import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive } from '../support/drive.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());
beforeEach(() => d.admin('POST', '/reset'));

const STEPS = [
  { after: '90s', agent: 'join' },
  { wait_for: 'papers', timeout: '1h' },
  { after: '1s', post: { type: 'info', code: 'C', message: 'M' }, delivery: 'late' },
];
const put = (name: string, body: Json) => d.admin('PUT', `/scenarios/${name}`, body);
const played = async (validationId: string, client?: Parameters<Drive['token']>[0]): Promise<string> => {
  await d.open(await d.token(client), validationId);
  const query = client === undefined ? '' : `?client_id=${client.client_id}`;
  return (await d.admin('GET', `/calls/${validationId}${query}`)).json.scenario;
};

describe('a scenario that is put in', () => {
  it('comes back as it was written', async () => {
    const { json } = await put('mine', { description: 'D', steps: STEPS });
    expect(json).toEqual({
      name: 'mine',
      description: 'D',
      source: 'control-api',
      client_id: null,
      steps: STEPS,
    });
    expect((await d.admin('GET', '/scenarios/mine')).json).toEqual(json);
  });

  it('is played by calls that open later, and not by those that run', async () => {
    await put('mine', { steps: STEPS });
    expect(await played('mine~1')).toBe('mine');
    const before = (await d.admin('GET', '/calls/mine~1')).json;
    await put('mine', { steps: [{ after: '0s', fail: 'VideocallNotFound' }] });
    expect((await d.admin('GET', '/calls/mine~1')).json).toEqual(before);
    expect((await d.open(await d.token(), 'mine~2')).state).toBe('error');
  });

  it('for a client is not seen by another', async () => {
    const [mine, other] = [await d.createClient(), await d.createClient()];
    await put('mine', { steps: STEPS, client_id: mine.client_id });
    expect([await played('mine~1', mine), await played('mine~1', other)]).toEqual(['mine', 'manual']);
    expect((await d.admin('GET', `/scenarios/mine?client_id=${other.client_id}`)).status).toBe(404);
  });

  it('goes before a file of its name, which comes back when it is taken away', async () => {
    await put('happy', { steps: [] });
    expect((await d.admin('GET', '/scenarios/happy')).json).toMatchObject({
      source: 'control-api',
      steps: [],
    });
    await d.admin('DELETE', '/scenarios/happy');
    expect((await d.admin('GET', '/scenarios/happy')).json.source).toBe('file');
  });

  it('stays while somebody is set to play it, who is named', async () => {
    await put('mine', { steps: STEPS });
    await d.createClient({ client_id: 'player', scenario: 'mine' });
    const { status, json } = await d.admin('DELETE', '/scenarios/mine');
    expect([status, json.message]).toEqual([409, expect.stringContaining('"player"')]);
  });

  it('is listed among those of the files; to a client one of a name, the one that it would play', async () => {
    await put('happy', { steps: [] });
    const names = (list: Json) => list.json.items.map(({ name }: Json) => name);
    expect(names(await d.admin('GET', '/scenarios')).filter((name: string) => name === 'happy')).toHaveLength(
      2,
    );
    const own = await d.admin('GET', '/scenarios?client_id=sandbox-client');
    expect(names(own)).toEqual([...new Set(names(own))].sort());
    expect(own.json.items).toContainEqual(expect.objectContaining({ name: 'happy', source: 'control-api' }));
  });

  it('is gone after a reset', async () => {
    await put('mine', { steps: STEPS });
    await d.admin('POST', '/reset');
    expect((await d.admin('GET', '/scenarios/mine')).status).toBe(404);
  });

  it('is no longer what a client is to play when it is lost in a reset of that client', async () => {
    const { client_id } = await d.createClient();
    await put('mine', { steps: STEPS, client_id });
    await d.admin('PATCH', `/clients/${client_id}`, { scenario: 'mine' });
    await d.admin('POST', '/reset', { client_id });
    expect((await d.admin('GET', `/clients/${client_id}`)).json.scenario).toBeNull();
  });

  it('with faults is refused with every one of them and its place', async () => {
    const { status, json } = await put('bad', {
      steps: [{ after: '-1s', agent: 'join' }, { after: '1s', agent: 'end' }, { jump: 1 }],
      colour: 'red',
    });
    expect(status).toBe(422);
    expect(json.errors.map(({ path }: Json) => path)).toEqual(['/colour', '/steps/0/after', '/steps/2/jump']);
    const order = await put('bad', {
      steps: [
        { after: '1s', agent: 'start' },
        { after: '1s', agent: 'end' },
      ],
    });
    expect(order.json.errors[0]).toEqual({
      path: '/steps/0',
      message: expect.stringContaining('cannot start'),
    });
  });

  it.each([
    ['Bad%20Name', { steps: [] }, /scenario name/],
    ['one', { name: 'two', steps: [] }, /must be the name in the path/],
  ])('under the name %s with %j is refused', async (name, body, message) => {
    const { status, json } = await put(name, body);
    expect([status, json.message]).toEqual([422, expect.stringMatching(message)]);
  });
});
