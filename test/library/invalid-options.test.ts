import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectMock, type Mock, MockError, startMock } from '../../src/library/index.ts';

/** Callers without a compiler can pass anything. */
const start = startMock as (options?: unknown) => Promise<Mock>;
const connect = connectMock as (given: unknown) => Promise<Mock>;
const catchError = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'no error',
    (error) => error,
  );

describe('startMock with options that cannot be', () => {
  it.each([
    [null, 'this is not a set of options; give an object such as { port: 4010 }'],
    ['4010', 'this is not a set of options'],
    [[], 'this is not a set of options'],
    [{ port: 'x' }, 'port: "x" is not a port; give a number from 0 to 65535'],
    [{ port: '4010' }, 'port: "4010" is not a port'],
    [{ port: 65_536 }, 'port: 65536 is not a port'],
    [{ port: null }, 'port: null is not a port'],
    [{ port: Number.NaN }, 'port: NaN is not a port'],
    [{ host: 'http://localhost' }, 'host: "http://localhost" is not a host'],
    [{ clients: 'x' }, 'clients: "x" is not a list of clients'],
    [{ clients: {} }, 'clients: a map is not a list of clients'],
    [{ clients: [{}] }, 'clients/0: client: clientId is missing; clients/0: client: clientSecret is missing'],
    [{ clients: [null] }, 'this is not a client; give an object with clientId and clientSecret'],
    [{ clients: [{ clientId: 'a:b', clientSecret: 'c' }] }, 'clientId: "a:b" is not a client id'],
    [{ clients: [{ client_id: 'a', clientSecret: 'c' }] }, "did you mean 'clientId'?"],
    [{ scenario: 5 }, 'scenario: '],
    [{ scenarios: {} }, 'scenarios: a map is not a set of scenarios'],
    [{ scenrio: 'happy' }, "'scenrio' is not known here; did you mean 'scenario'?"],
    [{ logLevel: 'loud' }, 'logLevel: "loud" is not a log level; give one of'],
    [{ tokenFormat: 'x' }, 'tokenFormat: "x" is not a token format'],
    [{ strictTokens: 'yes' }, 'strictTokens: "yes" is not a switch value'],
    [{ trustProxy: 'x' }, 'trustProxy: "x" is not a list'],
    [{ trustProxy: ['x'] }, 'trustProxy: "x" is not an address or range'],
    [{ journalSize: -1 }, 'journalSize: -1 is not a number of requests'],
    [{ store: 5 }, 'store: 5 is not a store'],
    [{ admin: 'x' }, 'admin: "x" is not a set of credentials'],
    [{ browserUrl: 'localhost' }, 'browserUrl: "localhost" is not a base URL'],
    [{ https: { cert: 5 } }, 'https: a map is not a setting of TLS'],
    [{ mediaPorts: 4443 }, 'mediaPorts: 4443 is not a setting of ports'],
  ])('%j: says what is wrong', async (options, message) => {
    const error = await catchError(start(options));
    expect(error).toBeInstanceOf(MockError);
    expect(error).toMatchObject({ code: 'invalid', message: expect.stringContaining(message) });
  });

  it('names each problem of an answer profile with its place', async () => {
    const file = path.join(import.meta.dirname, '../fixtures/odd-profile.yaml');
    const error = await catchError(start({ profile: file }));
    expect(error).toMatchObject({ code: 'invalid', errors: [{ path: '/profile' }, { path: '/profile' }] });
    expect(error).toHaveProperty(
      'message',
      expect.stringMatching(/odd-profile\.yaml:3:20 status: .*; .*:4:3 list of answers: /),
    );
  });

  it('repeats no secret', async () => {
    const error = await catchError(start({ clients: [{ clientId: 'a', clientSecret: 'hush\n' }] }));
    expect(error).toMatchObject({ code: 'invalid', message: expect.not.stringContaining('hush') });
  });

  it('takes a client without the properties that have a default', async () => {
    await using mock = await start({
      clients: [{ clientId: 'a', clientSecret: 'b', environment: 'production' }],
      port: undefined,
      logLevel: 'error',
    });
    expect(await catchError(mock.token())).toMatchObject({ code: 'no_token' });
  });
});

describe('a running mock', () => {
  let mock: Mock;
  beforeAll(async () => {
    mock = await startMock({ logLevel: 'error' });
  });
  afterAll(() => mock.close());

  it.each([5, {}, [], 'x', 'ftp://127.0.0.1', 'http://a:hush@127.0.0.1:99999', { adminUrl: null }])(
    'is not found by connectMock(%j)',
    async (given) => {
      const error = await catchError(connect(given));
      expect(error).toBeInstanceOf(MockError);
      expect(error).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('is not an http(s) URL'),
      });
      expect((error as Error).message).not.toContain('hush');
    },
  );

  it('is found by an address whose credentials contain a raw percent sign', async () => {
    const connected = await connectMock(mock.adminUrl.replace('//', '//%zz:hush@'));
    expect(Date.parse(await connected.clock.now())).not.toBeNaN();
  });

  it.each([
    ['clock.freeze of an invalid date', () => mock.clock.freeze(new Date(Number.NaN))],
    ['clock.advance by no number', () => mock.clock.advance(Number.NaN)],
    ['client with a property that cannot be', () => mock.client({ clientId: 5 as never })],
    ['waitFor nothing', () => mock.waitFor(null as never)],
  ])('refuses %s', async (_, ask) => {
    expect(await catchError(ask())).toMatchObject({ name: 'MockError', code: 'invalid' });
  });
});
