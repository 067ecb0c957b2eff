import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Credentials, type Drive, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';

let d: Drive;
let client: Credentials;
beforeEach(async () => {
  d = await openDrive({ scenario: 'happy' });
  client = await d.createClient();
});
afterEach(() => d.mock.close());

const ask = async (method: string, path: string, apikey = client.client_secret) => {
  const answer = await fetch(`${d.mock.url}/validas/v1/validation${path}`, { method, headers: { apikey } });
  const text = await answer.text();
  return { status: answer.status, json: text === '' ? undefined : JSON.parse(text) };
};
const create = async (): Promise<string> => (await ask('POST', '')).json.data.id;
const state = async (id: string) =>
  (await d.admin('GET', `/calls/${id}?client_id=${client.client_id}`)).json.state;
const advance = (by: string) => d.admin('POST', '/clock/advance', { by, client_id: client.client_id });

describe('validations', () => {
  it('creates a validation with an id of 32 hexadecimal digits', async () => {
    const { status, json } = await ask('POST', '');
    expect([status, json]).toEqual([201, { data: { id: expect.stringMatching(/^[0-9a-f]{32}$/) } }]);
  });

  it('confirms a validation more than once', async () => {
    const id = await create();
    expect((await ask('PUT', `/${id}/confirmation`)).status).toBe(204);
    expect((await ask('PUT', `/${id}/confirmation`)).status).toBe(204);
  });

  it('does not confirm a validation that was never created', async () => {
    expect((await ask('PUT', '/0123456789abcdef0123456789abcdef/confirmation')).status).toBe(404);
  });

  it('does not confirm a validation of another client', async () => {
    const id = await create();
    const other = await d.createClient();
    expect((await ask('PUT', `/${id}/confirmation`, other.client_secret)).status).toBe(404);
  });

  it.each(['', 'wrong'])('refuses the apikey "%s"', async (apikey) => {
    expect((await ask('POST', '', apikey)).status).toBe(401);
  });
});

describe('call of a validation', () => {
  it('keeps the call of an unconfirmed validation in the waiting room, for the script and for agent actions', async () => {
    const id = await create();
    const page = await openFakePage(d, await d.token(client), id);
    await page.waitForText('waiting-room');
    await advance('50m');
    const { status, json } = await d.admin('POST', `/calls/${id}/agent`, {
      action: 'join',
      client_id: client.client_id,
    });
    expect([status, json.hint]).toEqual([409, expect.stringContaining('confirm')]);
    expect(await state(id)).toBe('waiting-room');
    page.disconnect();
  });

  it('starts the script when a waiting call is confirmed', async () => {
    await d.admin('POST', '/clock/freeze', { client_id: client.client_id });
    const id = await create();
    const page = await openFakePage(d, await d.token(client), id);
    await page.waitForText('waiting-room');
    await advance('50m');
    await ask('PUT', `/${id}/confirmation`);
    expect(await state(id)).toBe('waiting-room');
    await advance('2s');
    expect(await state(id)).toBe('loading');
    await page.waitForText('VideocallLoading');
    page.disconnect();
  });

  it('runs the script of a call that was confirmed before it was opened', async () => {
    const id = await create();
    await ask('PUT', `/${id}/confirmation`);
    const page = await openFakePage(d, await d.token(client), id);
    await page.waitForText('waiting-room');
    await advance('8s');
    expect(await state(id)).toBe('ended');
    page.disconnect();
  });

  it('treats a validation that was never created here as confirmed', async () => {
    const page = await openFakePage(d, await d.token(client), 'from-elsewhere');
    await page.waitForText('waiting-room');
    await advance('8s');
    expect(await state('from-elsewhere')).toBe('ended');
    page.disconnect();
  });

  it('confirms a validation through the control API without naming a client', async () => {
    const id = await create();
    await d.open(await d.token(client), id);
    await d.admin('PUT', `/validations/${id}`, { confirmed: true });
    const action = { action: 'join', client_id: client.client_id };
    expect((await d.admin('POST', `/calls/${id}/agent`, action)).status).toBe(200);
  });

  it('confirms a validation through the control API for a named client', async () => {
    const id = await create();
    await d.open(await d.token(client), id);
    await d.admin('PUT', `/validations/${id}`, { confirmed: true, client_id: client.client_id });
    expect(
      (await d.admin('POST', `/calls/${id}/agent`, { action: 'join', client_id: client.client_id })).status,
    ).toBe(200);
  });
});
