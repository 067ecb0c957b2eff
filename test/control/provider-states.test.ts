import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { PROVIDER_STATES } from '../../src/contracts/provider-states/table.ts';
import { type Drive, type Json, openDrive } from '../support/drive.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive();
});
afterAll(() => d.mock.close());

const postState = (action: string, state: string, params = {}) =>
  d.admin('POST', '/provider-states', { action, state, params });

/** Sets up a state, fails the test if that is refused, and returns the values of the state. */
async function setup(state: string, params = {}): Promise<Json> {
  const { status, json } = await postState('setup', state, params);
  expect([status, json.message]).toEqual([200, undefined]);
  return json;
}
const teardown = (state: string, params = {}) => postState('teardown', state, params);

const openWith = ({ accessToken, validationId = 'v' }: Json) => d.open(accessToken, validationId);
const getEventCodes = async ({ clientId }: Json): Promise<string[]> =>
  (await d.admin<Json>('GET', `/events?client_id=${clientId}`)).json.items.map(({ code }: Json) => code);
const revoke = (token: string) =>
  fetch(`${d.mock.url}/o/revoke_token/`, {
    method: 'POST',
    body: new URLSearchParams({ token, client_id: 'sandbox-client', client_secret: 'sandbox-secret' }),
  });

// Each test is its own Pact interaction.
beforeEach(async () => {
  await teardown('');
});

describe('provider states', () => {
  it('matches state names regardless of case, articles and final full stop', async () => {
    expect(await setup('Client credentials exist.')).toEqual({
      clientId: 'sandbox-client',
      clientSecret: 'sandbox-secret',
      basicAuth: Buffer.from('sandbox-client:sandbox-secret').toString('base64'),
    });
  });

  it('returns exactly the values that the table declares for each state', async () => {
    const params: Record<string, object> = {
      'a video call event has been posted': { code: 'VideocallInitiated' },
      'the current time is': { advance_seconds: 5 },
    };
    for (const [name, { values }] of Object.entries(PROVIDER_STATES)) {
      await teardown('');
      expect(Object.keys(await setup(name, params[name])).sort(), name).toEqual([...values].sort());
    }
  });

  it('are reserved for one verification until it ends', async () => {
    const ask = (action: string, verification?: string) =>
      d.admin('POST', '/provider-states', { action, state: '', verification });
    expect((await ask('setup', 'mine')).status).toBe(200);
    for (const other of ['yours', undefined]) {
      const { status, json } = await ask('setup', other);
      expect([status, json.message]).toEqual([
        409,
        expect.stringContaining('another verification is running'),
      ]);
    }
    expect((await ask('end', 'yours')).status).toBe(409);
    expect((await ask('end', 'mine')).status).toBe(200);
    expect((await ask('setup', 'yours')).status).toBe(200);
    expect((await ask('end', 'yours')).status).toBe(200);
  });

  it('lead to the event of a message contract, otherwise its description does', async () => {
    const ask = (description: string) => d.admin<Json>('POST', '/provider-events', { description });
    expect((await ask('nothing')).json).toMatchObject({ error: 'no_event' });
    expect((await ask('VideocallLoading')).json).toMatchObject({ code: 'VideocallLoading' });
    await teardown('');
    await setup('the video call has been completed');
    expect((await ask('VideocallLoading')).json).toMatchObject({ type: 'info', code: 'VideocallCompleted' });
  });

  it('rejects an unknown state and suggests the closest one', async () => {
    const { status, json } = await postState('setup', 'the acces token has expired');
    expect(status).toBe(422);
    expect(json.message).toContain('did you mean "the access token has expired"?');
    expect((await postState('setup', 'it rains')).json.message).toContain('--list-states');
  });

  it('reports every invalid parameter of a state at once', async () => {
    const { status, json } = await postState('setup', 'an access token exists', {
      age_second: 1,
      client_id: 'a:b',
    });
    expect(status).toBe(422);
    expect(json.errors).toHaveLength(2);
    expect(json.message).toContain("did you mean 'age_seconds'?");
  });

  it('accepts an empty state name and returns no values', async () => {
    expect(await setup('')).toEqual({});
  });
});

describe('token of a given age', () => {
  it.each([
    [3599, 200],
    [3600, 403],
    [3601, 403],
  ])('answers /call for a token %i seconds old with %i', async (age_seconds, status) => {
    expect((await openWith(await setup('an access token exists', { age_seconds }))).status).toBe(status);
  });

  it('freezes the clock while a token has a given age, until the next interaction', async () => {
    await setup('an access token exists', { age_seconds: 3599 });
    expect((await d.admin('GET', '/clock?client_id=sandbox-client')).json.frozen).toBe(true);
    await teardown('an access token exists', { age_seconds: 3599 });
    await setup('');
    expect((await d.admin('GET', '/clock?client_id=sandbox-client')).json.frozen).toBe(false);
  });
});

describe('tokens', () => {
  it('issues an access token with the given value', async () => {
    const params = { access_token: 'given-token' };
    expect(await setup('an access token exists', params)).toEqual({
      accessToken: 'given-token',
      clientId: 'sandbox-client',
    });
    expect((await d.open('given-token', 'v')).status).toBe(200);
  });

  it.each([
    ['the access token has expired', 'expired'],
    ['the access token has been revoked', 'revoked'],
    ['the access token has been used', 'completed'],
  ])('applies "%s" to the existing token or to a new one', async (state, tokenState) => {
    const { accessToken } = await setup('an access token exists');
    expect((await setup(state)).accessToken).toBe(accessToken);
    expect((await d.admin('GET', `/tokens/${accessToken}`)).json.state).toBe(tokenState);
    await teardown(state);
    const other = await setup(state);
    expect((await d.admin('GET', `/tokens/${other.accessToken}`)).json.state).toBe(tokenState);
  });

  it('fails the teardown with 409 when a token that must be revoked is still active', async () => {
    const params = { then: 'revoked' };
    const { accessToken } = await setup('an access token exists', params);
    const { status, json } = await teardown('an access token exists', params);
    expect(status).toBe(409);
    expect(json.message).toBe('the access token should be revoked after the request, but is active');
    const again = await setup('an access token exists', params);
    expect(again.accessToken).not.toBe(accessToken);
    await revoke(again.accessToken);
    expect((await teardown('an access token exists', params)).status).toBe(200);
  });

  it('fails the teardown with 409 when a token that must stay active is revoked', async () => {
    const params = { then: 'live' };
    await revoke((await setup('an access token exists', params)).accessToken);
    expect((await teardown('an access token exists', params)).status).toBe(409);
  });
});

describe('calls', () => {
  it.each([
    ['the agent has joined the video call', ['VideocallLoading'], 'loading'],
    ['the video call has been initiated', ['VideocallLoading', 'VideocallInitiated'], 'in-call'],
    ['the video call is not found', ['VideocallNotFound'], 'error'],
    ['the video call server is not operational', ['VideocallServerNotOperational'], 'error'],
  ])('posts the events of the state "%s"', async (state, codes, page) => {
    const values = await setup(state, { validation_id: 'val-1' });
    expect(values.validationId).toBe('val-1');
    expect(await getEventCodes(values)).toEqual(codes);
    expect((await openWith(values)).state).toBe(page);
  });

  it('completes the access token of a completed call', async () => {
    const values = await setup('the video call has been completed');
    expect((await getEventCodes(values)).at(-1)).toBe('VideocallCompleted');
    expect((await openWith(values)).status).toBe(403);
  });

  it('continues the call of the previous state', async () => {
    await setup('a validation exists', { validation_id: 'val-2' });
    await setup('the agent has joined the video call');
    const values = await setup('the video call has been completed');
    expect(values.validationId).toBe('val-2');
    expect(await getEventCodes(values)).toEqual([
      'VideocallLoading',
      'VideocallInitiated',
      'VideocallCompleted',
    ]);
  });

  it('answers 409 when an agent state needs a confirmed validation', async () => {
    await setup('a validation exists', { confirmed: false });
    const { status, json } = await postState('setup', 'the agent has joined the video call');
    expect([status, json.message]).toEqual([409, expect.stringContaining('confirmed')]);
  });

  it('shows an error for a call without a validation', async () => {
    const token = await setup('an access token exists');
    expect((await openWith({ ...token, ...(await setup('no validation exists')) })).state).toBe('error');
  });
});

describe('clients', () => {
  it('creates and deletes clients, and restores them at the next interaction', async () => {
    await setup('the client credentials exist', { client_id: 'acme', client_secret: 's3cr3t' });
    await setup('the client credentials do not exist', { client_id: 'sandbox-client' });
    expect((await d.requestToken({ client_id: 'acme', client_secret: 's3cr3t' })).status).toBe(200);
    expect((await d.requestToken()).status).toBe(401);
    await teardown('');
    await setup('');
    expect((await d.requestToken({ client_id: 'acme', client_secret: 's3cr3t' })).status).toBe(401);
    expect((await d.requestToken()).status).toBe(200);
  });

  it('keeps the tokens of clients that no state concerns', async () => {
    const other = await d.createClient();
    const token = await d.token(other);
    await setup('an access token exists');
    await teardown('an access token exists');
    await setup('');
    expect((await d.admin('GET', `/tokens/${token}`)).json.state).toBe('active');
  });

  it('refuses a client whose IP is not allowed with 403', async () => {
    await setup('the client IP is not allowed');
    expect((await d.requestToken()).status).toBe(403);
  });

  it('answers token requests with 503 and Retry-After while the API is unavailable', async () => {
    await setup('the authentication API is unavailable', { retry_after: 30 });
    const answer = await d.requestToken();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '30']);
  });

  it('sets the clock to the given time and refuses to set it back', async () => {
    await setup('the current time is', { at: '2040-01-01T00:00:00Z' });
    const { accessToken } = await setup('an access token exists');
    expect((await d.admin('GET', `/tokens/${accessToken}`)).json.issued_at).toBe('2040-01-01T00:00:00.000Z');
    expect((await postState('setup', 'the current time is', { at: '2030-01-01T00:00:00Z' })).status).toBe(
      409,
    );
  });
});
