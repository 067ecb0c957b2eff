import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, expectTypeOf, it, vi } from 'vitest';
import { askHealth, controlAt } from '../../src/control/client.ts';
import type { CallAnswer } from '../../src/control/schema/calls.ts';
import { createControl, RequestFailed, type Transport } from '../../src/control/schema/client.ts';

const answering = (status: number, text: string) =>
  createControl(vi.fn<Transport>(async () => ({ status, text })));

/** What an attempt fails with. */
const failure = (attempt: Promise<unknown>): Promise<RequestFailed> =>
  attempt.then(
    () => Promise.reject(new Error('it has not failed')),
    (error) => error,
  );

describe('the client of the control API', () => {
  it('fills parameters and query into the path, and writes the body as JSON', async () => {
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

  it('fails with what the control API says of a refusal', async () => {
    const said = { error: 'invalid', message: 'no', hint: 'yes', errors: [{ path: '/n', message: 'no' }] };
    const error = await failure(answering(422, JSON.stringify(said)).ask('POST /reset'));
    expect(error).toBeInstanceOf(RequestFailed);
    expect(error).toMatchObject({
      code: 'invalid',
      status: 422,
      message: 'no',
      details: { hint: 'yes', errors: said.errors },
    });
  });

  it.each([
    [200, 'hello', 'is no mock-veridas'],
    [404, '<html>', 'is no mock-veridas'],
    [404, '{"detail":"Not found"}', 'is no mock-veridas: it answered 404'],
    [503, '{"items":[]}', 'is no mock-veridas: it answered 503'],
    [301, '', 'is no mock-veridas: it answered 301'],
  ])('says of an answer %i %j that it %s', async (status, text, message) => {
    const error = await failure(answering(status, text).ask('GET /calls'));
    expect(error).toMatchObject({ code: 'not_simulator', status, message });
  });

  it('takes 503 for the answer of a simulator that is not well', async () => {
    const health = { status: 'degraded', version: '1', instanceId: 'a', uptimeInSeconds: 1, time: 'now' };
    expect(await askHealth(answering(503, JSON.stringify(health)))).toEqual(health);
  });

  it.each(['{"ok":true}', 'null', ''])('knows that health %j is of something else', async (text) => {
    expect(await failure(askHealth(answering(200, text)))).toMatchObject({ code: 'not_simulator' });
  });

  it('does not compile with what a route does not take', () => {
    const { ask } = answering(200, '{}');
    expectTypeOf(ask<'GET /calls'>).returns.resolves.toEqualTypeOf<{ items: CallAnswer[]; total: number }>();
    const slips = () => [
      // @ts-expect-error There is no such route.
      ask('GET /call'),
      // @ts-expect-error It answers no JSON.
      ask('GET /metrics'),
      // @ts-expect-error Whose call?
      ask('GET /calls/:validation_id'),
      // @ts-expect-error By how much?
      ask('POST /clock/advance', { body: {} }),
      // @ts-expect-error It is not about one client.
      ask('GET /health', { query: { client_id: 'shop' } }),
      // @ts-expect-error The library alone writes camelCase.
      ask('POST /clients', { body: { clientId: 'shop' } }),
    ];
    expect(slips).toBeTypeOf('function');
  });
});

describe('the client over HTTP, with fake timers', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** What it fails with where `listener` answers, if it does. */
  async function failureAt(listener: RequestListener, address: (port: number) => string, timeoutMs?: number) {
    const server = createServer(listener);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const error = await failure(controlAt(address(port), timeoutMs).ask('GET /clock'));
    server.closeAllConnections();
    server.close();
    return error;
  }
  const here = (port: number) => `http://127.0.0.1:${port}/__admin`;

  it('gives up when no answer comes', async () => {
    expect(await failureAt(() => {}, here, 50)).toMatchObject({
      code: 'unreachable',
      status: undefined,
      message: 'it took longer than 0.05 s',
    });
  });

  it('gives up when an answer does not end', async () => {
    const error = await failureAt((_, response) => void response.write('{'), here, 50);
    expect(error).toMatchObject({ code: 'unreachable', message: 'it took longer than 0.05 s' });
  });

  it('says that the connection was cut off', async () => {
    const error = await failureAt((request) => void request.socket.destroy(), here);
    expect(error).toMatchObject({ code: 'unreachable', message: 'socket hang up' });
  });

  it('says that nothing listens, by whatever address', async () => {
    for (const host of ['127.0.0.1', 'localhost'])
      expect(await failure(controlAt(`http://${host}:1/__admin`).ask('GET /clock'))).toMatchObject({
        code: 'unreachable',
        message: expect.stringContaining('ECONNREFUSED'),
      });
  });

  it('sends the credentials of the address, and follows no redirect with them', async () => {
    const seen: (string | undefined)[] = [];
    const error = await failureAt(
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
