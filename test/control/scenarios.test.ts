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
const putScenario = (name: string, body: Json) => d.admin('PUT', `/scenarios/${name}`, body);
const getPlayedScenario = async (
  validationId: string,
  client?: Parameters<Drive['token']>[0],
): Promise<string> => {
  await d.open(await d.token(client), validationId);
  const query = client === undefined ? '' : `?client_id=${client.client_id}`;
  return (await d.admin('GET', `/calls/${validationId}${query}`)).json.scenario;
};

describe('scenario added through the control API', () => {
  it('returns an added scenario as it was written', async () => {
    const { json } = await putScenario('mine', { description: 'D', steps: STEPS });
    expect(json).toEqual({
      name: 'mine',
      description: 'D',
      source: 'control-api',
      client_id: null,
      steps: STEPS,
    });
    expect((await d.admin('GET', '/scenarios/mine')).json).toEqual(json);
  });

  it('plays a changed scenario only in calls that open later', async () => {
    await putScenario('mine', { steps: STEPS });
    expect(await getPlayedScenario('mine~1')).toBe('mine');
    const before = (await d.admin('GET', '/calls/mine~1')).json;
    await putScenario('mine', { steps: [{ after: '0s', fail: 'VideocallNotFound' }] });
    expect((await d.admin('GET', '/calls/mine~1')).json).toEqual(before);
    expect((await d.open(await d.token(), 'mine~2')).state).toBe('error');
  });

  it('hides the scenario of one client from other clients', async () => {
    const [mine, other] = [await d.createClient(), await d.createClient()];
    await putScenario('mine', { steps: STEPS, client_id: mine.client_id });
    expect([await getPlayedScenario('mine~1', mine), await getPlayedScenario('mine~1', other)]).toEqual([
      'mine',
      'manual',
    ]);
    expect((await d.admin('GET', `/scenarios/mine?client_id=${other.client_id}`)).status).toBe(404);
  });

  it('overrides a scenario file of the same name until it is deleted', async () => {
    await putScenario('happy', { steps: [] });
    expect((await d.admin('GET', '/scenarios/happy')).json).toMatchObject({
      source: 'control-api',
      steps: [],
    });
    await d.admin('DELETE', '/scenarios/happy');
    expect((await d.admin('GET', '/scenarios/happy')).json.source).toBe('file');
  });

  it('answers 409 when a scenario in use is deleted, and names the client', async () => {
    await putScenario('mine', { steps: STEPS });
    await d.createClient({ client_id: 'player', scenario: 'mine' });
    const { status, json } = await d.admin('DELETE', '/scenarios/mine');
    expect([status, json.message]).toEqual([409, expect.stringContaining('"player"')]);
  });

  it('answers 409 when the scenario of the next call of a client is deleted', async () => {
    await putScenario('mine', { steps: STEPS });
    const { client_id } = await d.createClient();
    await d.admin('PATCH', `/clients/${client_id}`, { next_scenario: 'mine' });
    expect((await d.admin('DELETE', '/scenarios/mine')).json.message).toContain(client_id);
  });

  it('lists added scenarios beside files, but only the effective one of each name for a client', async () => {
    await putScenario('happy', { steps: [] });
    const names = (list: Json) => list.json.items.map(({ name }: Json) => name);
    expect(names(await d.admin('GET', '/scenarios')).filter((name: string) => name === 'happy')).toHaveLength(
      2,
    );
    const forClient = await d.admin('GET', '/scenarios?client_id=sandbox-client');
    expect(names(forClient)).toEqual([...new Set(names(forClient))].sort());
    expect(forClient.json.items).toContainEqual(
      expect.objectContaining({ name: 'happy', source: 'control-api' }),
    );
  });

  it('deletes added scenarios on reset', async () => {
    await putScenario('mine', { steps: STEPS });
    await d.admin('POST', '/reset');
    expect((await d.admin('GET', '/scenarios/mine')).status).toBe(404);
  });

  it('clears the scenario of a client when a reset of that client deletes it', async () => {
    const { client_id } = await d.createClient();
    await putScenario('mine', { steps: STEPS, client_id });
    await d.admin('PATCH', `/clients/${client_id}`, { scenario: 'mine' });
    await d.admin('POST', '/reset', { client_id });
    expect((await d.admin('GET', `/clients/${client_id}`)).json.scenario).toBeNull();
  });

  it('rejects an invalid scenario with every problem and its path', async () => {
    const { status, json } = await putScenario('bad', {
      steps: [{ after: '-1s', agent: 'join' }, { after: '1s', agent: 'end' }, { jump: 1 }],
      colour: 'red',
    });
    expect(status).toBe(422);
    expect(json.errors.map(({ path }: Json) => path)).toEqual(['/colour', '/steps/0/after', '/steps/2/jump']);
    const impossible = await putScenario('bad', {
      steps: [
        { after: '1s', agent: 'start' },
        { after: '1s', agent: 'end' },
      ],
    });
    expect(impossible.json.errors[0]).toEqual({
      path: '/steps/0',
      message: expect.stringContaining('cannot start'),
    });
  });

  it.each([
    ['Bad%20Name', { steps: [] }, /scenario name/],
    ['one', { name: 'two', steps: [] }, /must be the name in the path/],
    ['one', { step: [] }, /did you mean 'steps'\?/],
  ])('rejects a scenario put as %s with the body %j', async (name, body, message) => {
    const { status, json } = await putScenario(name, body);
    expect([status, json.message]).toEqual([422, expect.stringMatching(message)]);
  });
});
