import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newMemoryStore } from '../../src/library/index.ts';
import { launchMock } from '../../src/library/launch-mock.ts';
import { createSharedStore, type Drive, driveAt, type Json, openDrive } from '../support/drive.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());
beforeEach(() => d.admin('POST', '/reset'));

const arm = (fault: Json) => d.admin('POST', '/faults', fault);
const statuses = async (times: number, fields?: Record<string, string>) => {
  const all: number[] = [];
  for (let i = 0; i < times; i += 1) all.push((await d.requestToken(fields)).status);
  return all;
};

describe('faults', () => {
  it('lists a fault with how often it struck until it is deleted', async () => {
    const { json } = await arm({ endpoint: 'token', status: 503, times: 1 });
    await statuses(2);
    expect((await d.admin('GET', '/faults')).json.items).toEqual([{ ...json, struck: 1 }]);
    await d.admin('DELETE', `/faults/${json.id}`);
    expect((await d.admin('GET', '/faults')).json.items).toEqual([]);
  });

  it('answers with the status of a fault and Retry-After', async () => {
    await arm({ endpoint: 'token', status: 503, retry_after: 7, times: 1 });
    const answer = await d.requestToken();
    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([
      503,
      '7',
      expect.stringContaining('503 Service Unavailable'),
    ]);
    expect((await d.admin('GET', '/tokens')).json.total).toBe(0);
  });

  it('applies a fault after the given number of requests and for the given number of times', async () => {
    await arm({ endpoint: 'token', status: 500, after: 1, times: 2 });
    expect(await statuses(5)).toEqual([200, 500, 500, 200, 200]);
  });

  it('applies faults in the order they were armed, one per request', async () => {
    await arm({ endpoint: 'token', status: 500, times: 1 });
    await arm({ endpoint: 'token', status: 502, times: 1 });
    expect(await statuses(3)).toEqual([500, 502, 200]);
  });

  it('applies a fault without times until it is deleted', async () => {
    const { json } = await arm({ endpoint: 'token', status: 429 });
    expect(await statuses(3)).toEqual([429, 429, 429]);
    await d.admin('DELETE', `/faults/${json.id}`);
    expect(await statuses(1)).toEqual([200]);
  });

  it('applies a fault of one client to no other client and to no unknown client', async () => {
    const [struck, other] = [await d.createClient(), await d.createClient()];
    await arm({ endpoint: 'token', status: 503, client_id: struck.client_id });
    expect(await statuses(1, { ...other })).toEqual([200]);
    expect(await statuses(1, { ...struck })).toEqual([503]);
    expect(await statuses(1, { client_id: 'unknown' })).toEqual([401]);
  });

  it('applies a fault without a client to every client, known or not', async () => {
    const client = await d.createClient();
    await arm({ endpoint: 'token', status: 503 });
    expect(await statuses(1, { ...client })).toEqual([503]);
    expect(await statuses(1, { client_id: 'unknown' })).toEqual([503]);
  });

  it('matches a fault on /call by the token', async () => {
    const [struck, other] = [await d.createClient(), await d.createClient()];
    await arm({ endpoint: 'call', status: 502, client_id: struck.client_id });
    const [a, b] = [await d.token(struck), await d.token(other)];
    expect([(await d.open(a, 'v')).status, (await d.open(b, 'v')).status]).toEqual([502, 200]);
  });

  it('cuts the connection for a fault of kind reset', async () => {
    await arm({ endpoint: 'token', kind: 'reset', times: 1 });
    await expect(d.requestToken()).rejects.toThrow('fetch failed');
    expect(await statuses(1)).toEqual([200]);
  });

  it('sends no answer for a fault of kind hang until the client gives up', async () => {
    await arm({ endpoint: 'token', kind: 'hang', times: 1 });
    const controller = new AbortController();
    const asked = fetch(`${d.mock.url}/o/token/`, { method: 'POST', signal: controller.signal });
    await d.admin('POST', '/wait', { for: { request: { path: '/o/token/' } } });
    controller.abort();
    await expect(asked).rejects.toThrow('aborted');
    expect((await d.admin('GET', '/requests')).json.items[0]).toMatchObject({ status: null });
  });

  it('keeps the status and drops the body for a fault of kind empty', async () => {
    await arm({ endpoint: 'token', kind: 'empty', times: 1 });
    const answer = await d.requestToken();
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('breaks the JSON of an issued token for a fault of kind malformed', async () => {
    await arm({ endpoint: 'token', kind: 'malformed', times: 1 });
    const answer = await d.requestToken();
    expect(answer.headers.get('content-type')).toBe('application/json');
    await expect(answer.json()).rejects.toThrow(SyntaxError);
    expect((await d.admin('GET', '/tokens')).json.total).toBe(1);
  });

  it('declares JSON as another content type for a fault of kind wrong-content-type', async () => {
    await arm({ endpoint: 'token', kind: 'wrong-content-type', times: 1 });
    const answer = await d.requestToken();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(Object.keys((await answer.json()) as Json)).toContain('access_token');
  });

  it('delays the answer for a fault with latency', async () => {
    await arm({ endpoint: 'token', latency: ['80ms', '120ms'], times: 1 });
    const before = performance.now();
    expect(await statuses(1)).toEqual([200]);
    expect(performance.now() - before).toBeGreaterThanOrEqual(79);
  });

  it('journals the fault that struck a request', async () => {
    const { json } = await arm({ endpoint: 'revoke', status: 500 });
    await fetch(`${d.mock.url}/o/revoke_token/`, { method: 'POST' });
    expect((await d.admin('GET', '/requests')).json.items[0]).toMatchObject({
      status: 500,
      fault_id: json.id,
      reason: `injected fault ${json.id}: status 500`,
    });
  });

  it('journals the fault that struck a request whose token was issued again after a conflict', async () => {
    const memory = newMemoryStore();
    let hadConflict = false;
    const mock = await launchMock({
      logLevel: 'error',
      store: {
        ...memory,
        swap(...parts) {
          if (hadConflict || !parts.some((part) => 'ref' in part && part.ref.kind === 'token'))
            return memory.swap(...parts);
          hadConflict = true;
          return false;
        },
      },
    });
    onTestFinished(() => mock.close());
    const { admin, requestToken } = driveAt(mock);
    const { json } = await admin('POST', '/faults', { endpoint: 'token', kind: 'wrong-content-type' });
    expect((await requestToken()).status).toBe(200);
    expect(hadConflict).toBe(true);
    const { items } = (await admin('GET', '/requests')).json;
    expect(items).toMatchObject([{ status: 200, fault_id: json.id }]);
  });

  it('of the config file stays used up when another instance starts on the same store', async () => {
    const options = {
      ...createSharedStore(),
      logLevel: 'error' as const,
      faults: [{ endpoint: 'token', status: 503, after: 0, times: 1 }] as const,
    };
    const start = async () => {
      const mock = await launchMock(options);
      onTestFinished(() => mock.close());
      return driveAt(mock);
    };
    expect((await (await start()).requestToken()).status).toBe(503);
    const other = await start();
    expect((await other.requestToken()).status).toBe(200);
    expect((await other.admin('GET', '/faults')).json.items).toMatchObject([{ id: 'config-1', struck: 1 }]);
  });

  it.each([
    [{ endpoint: 'token' }, /the fault does nothing/],
    [{ endpoint: 'tokens', status: 500 }, /did you mean "token"\?/],
    [{ endpoint: 'login', status: 500 }, /one of token, revoke, call/],
    [{ endpoint: 'token', status: 200 }, /400 to 599/],
    [{ endpoint: 'token', status: 500, kind: 'hang' }, /no answer/],
    [{ endpoint: 'token', retry_after: 5, kind: 'empty' }, /needs a status/],
    [{ endpoint: 'token', latency: ['3s', '1s'] }, /swap them/],
    [{ endpoint: 'token', latency: '1h' }, /10m/],
    [{ endpoint: 'token', latency: 5 }, /"2s"/],
    [{ endpoint: 'token', status: 500, times: 0 }, /from 1/],
  ])('rejects the invalid fault %j', async (fault, message) => {
    const { status, json } = await arm(fault);
    expect([status, json.message]).toEqual([422, expect.stringMatching(message)]);
  });
});
