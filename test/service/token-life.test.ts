import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());

const act = async (client_id: string, validationId: string, ...actions: string[]) => {
  for (const action of actions) {
    const { status } = await d.admin('POST', `/calls/${validationId}/agent`, { action, client_id });
    expect(status).toBe(200);
  }
};

describe('token lifetime', () => {
  it('accepts a token after 3599 s and refuses it after 3601 s', async () => {
    const client = await d.createClient();
    await d.admin('POST', '/clock/freeze', { client_id: client.client_id });
    const token = await d.token(client);
    await d.admin('POST', '/clock/advance', { by: '3599s', client_id: client.client_id });
    expect((await d.open(token, 'v')).status).toBe(200);
    const other = await d.token(client);
    await d.admin('POST', '/clock/advance', { by: '3601s', client_id: client.client_id });
    expect((await d.open(other, 'v')).status).toBe(403);
  });

  it('refuses a token exactly when its hour is over', async () => {
    const client = await d.createClient();
    await d.admin('POST', '/clock/freeze', { client_id: client.client_id });
    const token = await d.token(client);
    await d.admin('POST', '/clock/advance', { by: '3600s', client_id: client.client_id });
    expect((await d.open(token, 'v')).status).toBe(403);
  });

  it('issues tokens that live as long as expires_in of their client says', async () => {
    const client = await d.createClient({ expires_in: 60 });
    await d.admin('POST', '/clock/freeze', { client_id: client.client_id });
    expect(await (await d.requestToken({ ...client })).json()).toMatchObject({ expires_in: 60 });
    const token = await d.token(client);
    await d.admin('POST', '/clock/advance', { by: '59999ms', client_id: client.client_id });
    expect((await d.open(token, 'v')).status).toBe(200);
    await d.admin('POST', '/clock/advance', { by: '1ms', client_id: client.client_id });
    expect((await d.open(token, 'v')).status).toBe(403);
    expect((await d.admin('GET', `/tokens/${token}`)).json.state).toBe('expired');
  });

  it('keeps the lifetime of a token when expires_in of its client changes', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    const changed = await d.admin('PATCH', `/clients/${client.client_id}`, { expires_in: 1 });
    expect(changed.json.expires_in).toBe(1);
    await d.admin('POST', '/clock/advance', { by: '1h', client_id: client.client_id });
    const { json } = await d.admin('GET', `/tokens/${token}`);
    expect(Date.parse(json.expires_at) - Date.parse(json.issued_at)).toBe(3_600_000);
    await d.admin('POST', `/reset`, { client_id: client.client_id });
    expect(await (await d.requestToken({ ...client })).json()).toMatchObject({ expires_in: 1 });
  });

  it.each([0, -1, 0.5, 31_536_001, '60', null, true])(
    'rejects a client with expires_in %j',
    async (expires_in) => {
      const { status, json } = await d.admin('POST', '/clients', { expires_in });
      const message = `expires_in: ${JSON.stringify(expires_in)} is not a lifetime of tokens; give whole seconds from 1 to 31536000, a year`;
      expect([status, json.errors]).toEqual([422, [{ path: '/expires_in', message }]]);
    },
  );

  it('does not expire a token by the clock of another client', async () => {
    const [one, another] = [await d.createClient(), await d.createClient()];
    const token = await d.token(one);
    await d.admin('POST', '/clock/advance', { by: '2h', client_id: another.client_id });
    expect((await d.open(token, 'v')).status).toBe(200);
  });

  it('expires a token by the common clock while its client has no clock of its own', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    await d.mock.clock.advance('1h');
    expect((await d.open(token, 'v')).status).toBe(403);
  });

  it('refuses a token after it was revoked', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    const revoked = await fetch(`${d.mock.url}/o/revoke_token/`, {
      method: 'POST',
      body: new URLSearchParams({ ...client, token }),
    });
    expect([revoked.status, await revoked.text()]).toEqual([200, '']);
    expect((await d.open(token, 'v')).status).toBe(403);
  });

  it('refuses a token after it was expired through the control API', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    expect((await d.admin('POST', `/tokens/${token}/expire`, {})).status).toBe(204);
    expect((await d.open(token, 'v')).html).toContain('the access token has expired');
  });

  it('completes a token when its call ends, even if no page was ever open', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    await d.open(token, 'v');
    await act(client.client_id, 'v', 'join', 'start', 'end');
    expect((await d.open(token, 'v')).status).toBe(403);
    expect((await d.admin('GET', `/tokens/${token}`)).json.state).toBe('completed');
  });

  it('completes every token of a call when the call ends', async () => {
    const client = await d.createClient();
    const tokens = [await d.token(client), await d.token(client)];
    for (const token of tokens) await d.open(token, 'v');
    await act(client.client_id, 'v', 'join', 'end');
    const states = await Promise.all(tokens.map(async (token) => (await d.open(token, 'v')).status));
    expect(states).toEqual([403, 403]);
  });

  it('reopens the running call of a token in its current state', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    expect((await d.open(token, 'v')).state).toBe('waiting-room');
    await act(client.client_id, 'v', 'join');
    expect((await d.open(token, 'v')).state).toBe('loading');
    expect((await d.admin('GET', `/calls?client_id=${client.client_id}`)).json.total).toBe(1);
  });

  it('starts the next call of a validation when the last one has ended', async () => {
    const client = await d.createClient();
    await d.open(await d.token(client), 'v');
    await act(client.client_id, 'v', 'join', 'end');
    expect((await d.open(await d.token(client), 'v')).state).toBe('waiting-room');
    expect((await d.admin('GET', `/calls/v?client_id=${client.client_id}`)).json.n).toBe(2);
    expect((await d.admin('GET', `/calls/v?client_id=${client.client_id}&n=1`)).json.state).toBe('ended');
  });

  it('neither binds nor completes a token for a HEAD request', async () => {
    const client = await d.createClient();
    const token = await d.token(client);
    const query = new URLSearchParams({ access_token: token, validation_id: 'v' });
    expect((await fetch(`${d.mock.url}/call?${query}`, { method: 'HEAD' })).status).toBe(200);
    expect((await d.admin('GET', `/tokens/${token}`)).json.validation_ids).toEqual([]);
  });

  it('neither binds nor completes a token where there is no call', async () => {
    const client = await d.createClient({ scenario: 'not-found' });
    const token = await d.token(client);
    const { status, state } = await d.open(token, 'v');
    expect([status, state]).toEqual([200, 'error']);
    expect((await d.admin('GET', `/tokens/${token}`)).json).toMatchObject({
      state: 'active',
      validation_ids: [],
    });
  });
});

describe('two clients', () => {
  it('separates the calls of two clients with the same validation id', async () => {
    const [one, another] = [await d.createClient(), await d.createClient()];
    for (const client of [one, another]) await d.open(await d.token(client), 'shared');
    await act(one.client_id, 'shared', 'join');
    const states = await Promise.all(
      [one, another].map(
        async ({ client_id }) => (await d.admin('GET', `/calls/shared?client_id=${client_id}`)).json.state,
      ),
    );
    expect(states).toEqual(['loading', 'waiting-room']);
  });

  it('rejects an action without a client on a validation id that two clients have', async () => {
    const clients = [await d.createClient(), await d.createClient()];
    for (const client of clients) await d.open(await d.token(client), 'both');
    const { status, json } = await d.admin('POST', '/calls/both/agent', { action: 'join' });
    expect(status).toBe(409);
    for (const { client_id } of clients) expect(json.message).toContain(client_id);
  });
});
