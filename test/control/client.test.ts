import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { askHealth, controlAt } from '../../src/control/client.ts';
import type { CallAnswer } from '../../src/control/schema/calls.ts';
import { createControl, RequestFailed, type Transport } from '../../src/control/schema/client.ts';

const createControlAnswering = (status: number, text: string) =>
  createControl(vi.fn<Transport>(async () => ({ status, text })));

/** Returns the error that `attempt` rejects with. */
const catchFailure = (attempt: Promise<unknown>): Promise<RequestFailed> =>
  attempt.then(
    () => Promise.reject(new Error('it has not failed')),
    (error) => error,
  );

describe('control API client', () => {
  it('fills parameters and query into the path and sends the body as JSON', async () => {
    const transport = vi.fn<Transport>(async () => ({ status: 200, text: '{"page":"none"}' }));
    const answer = await createControl(transport).ask('POST /calls/:validation_id/agent', {
      parameters: { validation_id: 'a/b ?' },
      query: { client_id: 'ä&b', n: '2' },
      body: { action: 'join' },
    });
    expect(answer).toEqual({ page: 'none' });
    expect(transport).toHaveBeenCalledWith({
      method: 'POST',
      path: '/calls/a%2Fb%20%3F/agent?client_id=%C3%A4%26b&n=2',
      body: '{"action":"join"}',
    });
  });

  it('rejects with the code, status, message and hint of the error response', async () => {
    const refusal = { error: 'invalid', message: 'no', hint: 'yes', errors: [{ path: '/n', message: 'no' }] };
    const error = await catchFailure(createControlAnswering(422, JSON.stringify(refusal)).ask('POST /reset'));
    expect(error).toBeInstanceOf(RequestFailed);
    expect(error).toMatchObject({
      code: 'invalid',
      status: 422,
      message: 'no',
      details: { hint: 'yes', errors: refusal.errors },
    });
  });

  it.each([
    [200, 'hello', 'is not a mock-veridas control API'],
    [404, '<html>', 'is not a mock-veridas control API'],
    [404, '{"detail":"Not found"}', 'is not a mock-veridas control API: it answered 404'],
    [503, '{"items":[]}', 'is not a mock-veridas control API: it answered 503'],
    [301, '', 'is not a mock-veridas control API: it answered 301'],
  ])('reports that a server answering %i with body %j %s', async (status, text, message) => {
    const error = await catchFailure(createControlAnswering(status, text).ask('GET /calls'));
    expect(error).toMatchObject({ code: 'not_simulator', status, message });
  });

  it('accepts a 503 health response from a degraded simulator', async () => {
    const health = { status: 'degraded', version: '1', instanceId: 'a', uptimeInSeconds: 1, time: 'now' };
    expect(await askHealth(createControlAnswering(503, JSON.stringify(health)))).toEqual(health);
  });

  it.each(['{"ok":true}', 'null', ''])(
    'rejects a health response %j as not from a simulator',
    async (text) => {
      expect(await catchFailure(askHealth(createControlAnswering(200, text)))).toMatchObject({
        code: 'not_simulator',
      });
    },
  );

  it('rejects unknown routes, missing parameters and unknown keys at compile time', () => {
    const { ask } = createControlAnswering(200, '{}');
    expectTypeOf(ask<'GET /calls'>).returns.resolves.toEqualTypeOf<{
      items: CallAnswer[];
      total: number;
      next: string | null;
    }>();
    const createInvalidCalls = () => [
      // @ts-expect-error There is no such route.
      ask('GET /call'),
      // @ts-expect-error It does not answer with JSON.
      ask('GET /metrics'),
      // @ts-expect-error The path parameter validation_id is missing.
      ask('GET /calls/:validation_id'),
      // @ts-expect-error The body lacks `by`.
      ask('POST /clock/advance', { body: {} }),
      // @ts-expect-error It takes no client_id.
      ask('GET /health', { query: { client_id: 'shop' } }),
      // @ts-expect-error Only the library uses camelCase.
      ask('POST /clients', { body: { clientId: 'shop' } }),
    ];
    expect(createInvalidCalls).toBeTypeOf('function');
  });
});

describe('control API client over HTTP, with fake timers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** Returns the client's error against a server that runs `listener`. */
  async function catchFailureFrom(
    listener: RequestListener,
    address: (port: number) => string,
    timeoutMs?: number,
  ) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await catchFailure(controlAt(address(port), timeoutMs).ask('GET /clock'));
    server.closeAllConnections();
    server.close();
    return error;
  }
  const toAdminUrl = (port: number) => `http://127.0.0.1:${port}/__admin`;

  it('times out when the server does not answer', async () => {
    expect(await catchFailureFrom(() => {}, toAdminUrl, 50)).toMatchObject({
      code: 'unreachable',
      status: undefined,
      message: 'it took longer than 0.05 s',
    });
  });

  it('times out when the response does not end', async () => {
    const error = await catchFailureFrom((_, response) => void response.write('{'), toAdminUrl, 50);
    expect(error).toMatchObject({ code: 'unreachable', message: 'it took longer than 0.05 s' });
  });

  it('reports a connection that the server closes', async () => {
    const error = await catchFailureFrom((request) => void request.socket.destroy(), toAdminUrl);
    expect(error).toMatchObject({ code: 'unreachable', message: 'socket hang up' });
  });

  it('reports that no server listens, by IP address and by name', async () => {
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await catchFailure(controlAt(`http://${host}:1/__admin`).ask('GET /clock'))).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('ECONNREFUSED'),
      });
  });

  it('sends the credentials of the address and does not follow redirects', async () => {
    const seen: (string | undefined)[] = [];
    const error = await catchFailureFrom(
      ({ headers }, response) => {
        seen.push(headers.authorization);
        response.writeHead(302, { location: '/elsewhere' }).end();
      },
      (port) => `http://me:p%3A%40ss@127.0.0.1:${port}/__admin`,
    );
    expect(error).toMatchObject({ code: 'not_simulator', status: 302 });
    expect(seen).toEqual([`Basic ${Buffer.from('me:p:@ss').toString('base64')}`]);
  });
});
