import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { createClientRecord } from '../../src/domain/client.ts';
import { type Drive, openDrive } from '../support/drive.ts';

const CLIENT = { client_id: 'one', client_secret: 'secret-one' };
const GRANT = { grant_type: 'client_credentials' };

let d: Drive | undefined;
let folder = '';
afterEach(async () => {
  await d?.mock.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Starts a simulator with two clients that answers by a profile. */
async function start(profile: object): Promise<Drive> {
  folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-'));
  const file = path.join(folder, 'profile.json');
  writeFileSync(file, JSON.stringify({ name: 'odd', answers: {}, ...profile }));
  const clients = ['one', 'two'].map((id) =>
    createClientRecord({ clientId: id, clientSecret: `secret-${id}` }),
  );
  d = await openDrive({ clients, profile: file });
  return d;
}

const send = (url: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', body: new URLSearchParams(fields), headers });

describe('an answer profile', () => {
  it('grants what early-2021 refuses, with the token in the same answer', async () => {
    const { mock } = await start({
      answers: {
        token_json: 'token',
        token_get: 'token',
        token_query: 'token',
        missing_slash: 'token',
        grant_missing: 'token',
        unknown_scope: {
          status: 200,
          body: '{"access_token":"{{access_token}}","note":"{{scope}}"}',
          accepts: true,
        },
      },
    });
    const token = `${mock.url}/o/token/`;
    const query = new URLSearchParams({ ...CLIENT, ...GRANT });
    const json = { 'content-type': 'application/json' };
    const asked = [
      fetch(token, { method: 'POST', headers: json, body: JSON.stringify({ ...CLIENT, ...GRANT }) }),
      fetch(`${token}?${query}`),
      send(`${token}?${query}`, {}),
      send(`${mock.url}/o/token`, { ...CLIENT, ...GRANT }),
      send(token, CLIENT),
    ];
    for (const answer of await Promise.all(asked))
      expect([answer.status, await answer.json()]).toEqual([
        200,
        expect.objectContaining({ expires_in: 3600 }),
      ]);
    const odd = await send(token, { ...CLIENT, ...GRANT, scope: 'x "y"' });
    expect(await odd.json()).toEqual({ access_token: expect.stringMatching(/^\w{30}$/), note: 'x "y"' });
    const tokens = (await d?.admin('GET', '/tokens'))?.json as { items: unknown[] };
    expect(tokens.items).toHaveLength(6);
  });

  it('redirects at /call with what the request and the server are called', async () => {
    const location = '{{origin}}/login?next={{path}}&token={{access_token}}';
    const { mock } = await start({ answers: { call_unknown_token: { status: 302, headers: { location } } } });
    const answer = await fetch(`${mock.url}/call?access_token=unknown&validation_id=v`, {
      redirect: 'manual',
    });
    expect([answer.status, answer.headers.get('location'), await answer.text()]).toEqual([
      302,
      `${mock.url}/login?next=/call&token=unknown`,
      '',
    ]);
  });

  it('refuses what the guide shows, and says so in the journal', async () => {
    const refused = { status: 403, headers: { 'x-why': '{{client_id}}' }, body: 'no', accepts: false };
    const { mock, admin } = await start({ answers: { token: refused, token_multipart: refused } });
    const answer = await send(`${mock.url}/o/token/`, { ...CLIENT, ...GRANT });
    expect([answer.status, answer.headers.get('x-why'), await answer.text()]).toEqual([403, 'one', 'no']);
    const { items } = (await admin('GET', '/requests')).json as { items: { reason: string }[] };
    expect(items.at(-1)?.reason).toBe(
      'the answer profile refuses this: a token, with the credentials in an urlencoded form',
    );
  });

  it('leaves a token alive whose revocation it refuses', async () => {
    const { mock, token, open } = await start({
      answers: { revoke_foreign: { status: 403, body: '', accepts: false } },
    });
    const foreign = await token(CLIENT);
    const others = { client_id: 'two', client_secret: 'secret-two', token: foreign };
    expect((await send(`${mock.url}/o/revoke_token/`, others)).status).toBe(403);
    expect((await open(foreign, 'val-1')).status).toBe(200);
    expect((await send(`${mock.url}/o/revoke_token/`, { ...CLIENT, token: foreign })).status).toBe(200);
    expect((await open(foreign, 'val-1')).status).toBe(403);
  });

  it('decides how /call answers a token that opens nothing, unless refusedCall does', async () => {
    const answers = {
      call_unknown_token: { status: 200, event: 'VideocallNotFound' },
      call_missing_token: {
        status: 401,
        headers: { 'content-type': 'application/json' },
        body: '{"detail":"no"}',
      },
    };
    const { mock, open } = await start({ answers });
    const page = await open('unknown', 'val-1');
    expect([page.status, page.html.includes('/call/events?ticket=')]).toEqual([200, true]);
    const missing = await fetch(`${mock.url}/call`);
    expect([missing.status, await missing.text()]).toEqual([401, '{"detail":"no"}']);
  });

  it('has scope, lifetime, state and headers of its own', async () => {
    const { mock } = await start({
      headers: { 'x-api': '7' },
      scope: 'call list',
      expires_in: 60,
      state_member: ',"state":{{state}}',
    });
    const answer = await send(`${mock.url}/o/token/`, { ...CLIENT, ...GRANT });
    expect([answer.headers.get('x-api'), answer.headers.get('x-frame-options')]).toEqual(['7', null]);
    expect(await answer.json()).toMatchObject({ scope: 'call list', expires_in: 60 });
    const refused = await send(`${mock.url}/o/token/`, {
      ...CLIENT,
      ...GRANT,
      client_secret: 'x',
      state: 'a"b',
    });
    expect(await refused.text()).toBe('{"error": "invalid_client","state":"a\\"b"}');
  });

  it('cannot be made to send a header or markup by a request', async () => {
    const { mock } = await start({
      answers: {
        unknown_client: {
          status: 401,
          headers: { 'content-type': 'text/html', 'x-client': '{{client_id}}' },
          body: '<p>{{client_id}}</p>',
        },
      },
    });
    const answer = await send(`${mock.url}/o/token/`, {
      ...GRANT,
      client_id: '<b>\r\nx: y',
      client_secret: 'x',
    });
    expect([answer.headers.get('x-client'), answer.headers.get('x')]).toEqual(['<b>??x: y', null]);
    expect(await answer.text()).toBe('<p>&#60;b&#62;\r\nx: y</p>');
  });
});
