import { createRemoteJWKSet, jwtVerify } from 'jose';
import { afterEach, describe, expect, it } from 'vitest';
import type { MockOptions } from '../../src/library/index.ts';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';

const running: Drive[] = [];
const start = async (options: MockOptions): Promise<Drive> => {
  const started = await openDrive(options);
  running.push(started);
  return started;
};
afterEach(async () => {
  await Promise.all(running.splice(0).map(({ mock }) => mock.close()));
});

const CLIENTS = Array.from({ length: 8 }, (_, i) => ({ client_id: `client-${i}`, client_secret: 'secret' }));

/** Requests twenty tokens for each of eight clients concurrently. */
async function requestTokens(d: Drive): Promise<string[][]> {
  for (const client of CLIENTS) await d.admin('POST', '/clients', client);
  return Promise.all(
    CLIENTS.map(async (client) =>
      (await Promise.all(Array.from({ length: 20 }, () => d.token(client)))).sort(),
    ),
  );
}

describe('--random-seed', () => {
  it('issues the same tokens to each client in every run, with eight clients in parallel', async () => {
    const [one, another] = [await start({ randomSeed: '42' }), await start({ randomSeed: '42' })];
    const tokens = await requestTokens(one);
    expect(await requestTokens(another)).toEqual(tokens);
    expect(new Set(tokens.flat()).size).toBe(160);
    expect(tokens.flat().every((token) => /^[A-Za-z0-9]{30}$/.test(token))).toBe(true);
  });

  it('issues other tokens for another seed', async () => {
    const [one, another] = [await start({ randomSeed: '42' }), await start({ randomSeed: '43' })];
    expect(await one.token()).not.toBe(await another.token());
  });

  it('restarts the token sequence after a reset', async () => {
    const d = await start({ randomSeed: '42' });
    const first = await d.token();
    await d.mock.reset();
    expect(await d.token()).toBe(first);
  });

  it('issues different tokens in every run without --random-seed', async () => {
    const [one, another] = [await start({}), await start({})];
    expect(await one.token()).not.toBe(await another.token());
  });
});

describe('--token-format jwt', () => {
  it('issues JWTs that verify against the published keys', async () => {
    const d = await start({ tokenFormat: 'jwt' });
    const keys = createRemoteJWKSet(new URL(`${d.mock.url}/o/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(await d.token(), keys);
    expect(protectedHeader).toMatchObject({ alg: 'ES256', kid: expect.any(String) });
    expect(payload).toMatchObject({ client_id: 'sandbox-client', scope: 'read write groups' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3600);
    const { payload: short } = await jwtVerify(await d.token(await d.createClient({ expires_in: 60 })), keys);
    expect((short.exp ?? 0) - (short.iat ?? 0)).toBe(60);
  });

  it('publishes no private key', async () => {
    const d = await start({ tokenFormat: 'jwt' });
    const set = (await (await fetch(`${d.mock.url}/o/.well-known/jwks.json`)).json()) as { keys: object[] };
    expect(set.keys.map((key) => Object.keys(key).toSorted())).toEqual([
      ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y'],
    ]);
  });

  it('opens /call with a JWT until it expires', async () => {
    const d = await start({ tokenFormat: 'jwt' });
    const token = await d.token();
    expect((await d.open(token, 'v')).status).toBe(200);
    expect((await d.admin('GET', `/tokens/${token}`)).json.state).toBe('active');
    await d.admin('POST', `/tokens/${token}/expire`, {});
    expect((await d.open(token, 'v')).html).toContain('has expired');
  });

  it('refuses a revoked JWT on /call', async () => {
    const d = await start({ tokenFormat: 'jwt' });
    const token = await d.token();
    const body = new URLSearchParams({ ...SANDBOX, token });
    await fetch(`${d.mock.url}/o/revoke_token/`, { method: 'POST', body });
    expect((await d.open(token, 'v')).html).toContain('was revoked');
  });

  it('publishes no keys by default', async () => {
    const d = await start({});
    expect((await fetch(`${d.mock.url}/o/.well-known/jwks.json`)).status).toBe(404);
  });
});
