import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive } from '../support/drive.ts';

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

describe('a fault', () => {
  it('is listed with what it has struck, and gone when it is taken away', async () => {
    const { json } = await arm({ endpoint: 'token', status: 503, times: 1 });
    await statuses(2);
    expect((await d.admin('GET', '/faults')).json.items).toEqual([{ ...json, struck: 1 }]);
    await d.admin('DELETE', `/faults/${json.id}`);
    expect((await d.admin('GET', '/faults')).json.items).toEqual([]);
  });

  it('answers a status in the place of the service, with Retry-After', async () => {
    await arm({ endpoint: 'token', status: 503, retry_after: 7, times: 1 });
    const answer = await d.requestToken();
    expect([answer.status, answer.headers.get('retry-after'), await answer.text()]).toEqual([
      503,
      '7',
      expect.stringContaining('503 Service Unavailable'),
    ]);
    expect((await d.admin('GET', '/tokens')).json.total).toBe(0);
  });

  it('strikes after so many and so often as it says', async () => {
    await arm({ endpoint: 'token', status: 500, after: 1, times: 2 });
    expect(await statuses(5)).toEqual([200, 500, 500, 200, 200]);
  });

  it('strikes in the order in which it was armed, one a request', async () => {
    await arm({ endpoint: 'token', status: 500, times: 1 });
    await arm({ endpoint: 'token', status: 502, times: 1 });
    expect(await statuses(3)).toEqual([500, 502, 200]);
  });

  it('without times strikes until it is taken away', async () => {
    const { json } = await arm({ endpoint: 'token', status: 429 });
    expect(await statuses(3)).toEqual([429, 429, 429]);
    await d.admin('DELETE', `/faults/${json.id}`);
    expect(await statuses(1)).toEqual([200]);
  });

  it('never leaks to another client, and leaves whom no client is named for', async () => {
    const [struck, other] = [await d.createClient(), await d.createClient()];
    await arm({ endpoint: 'token', status: 503, client_id: struck.client_id });
    expect(await statuses(1, { ...other })).toEqual([200]);
    expect(await statuses(1, { ...struck })).toEqual([503]);
    expect(await statuses(1, { client_id: 'nobody' })).toEqual([401]);
  });

  it('of all strikes every client, and those whom nobody knows', async () => {
    const client = await d.createClient();
    await arm({ endpoint: 'token', status: 503 });
    expect(await statuses(1, { ...client })).toEqual([503]);
    expect(await statuses(1, { client_id: 'nobody' })).toEqual([503]);
  });

  it('on /call is matched by the token', async () => {
    const [struck, other] = [await d.createClient(), await d.createClient()];
    await arm({ endpoint: 'call', status: 502, client_id: struck.client_id });
    const [a, b] = [await d.token(struck), await d.token(other)];
    expect([(await d.open(a, 'v')).status, (await d.open(b, 'v')).status]).toEqual([502, 200]);
  });

  it('of kind reset cuts the connection', async () => {
    await arm({ endpoint: 'token', kind: 'reset', times: 1 });
    await expect(d.requestToken()).rejects.toThrow('fetch failed');
    expect(await statuses(1)).toEqual([200]);
  });

  it('of kind hang answers nothing until the client gives up', async () => {
    await arm({ endpoint: 'token', kind: 'hang', times: 1 });
    const stopping = new AbortController();
    const asked = fetch(`${d.mock.url}/o/token/`, { method: 'POST', signal: stopping.signal });
    await d.admin('POST', '/wait', { for: { request: { path: '/o/token/' } } });
    stopping.abort();
    await expect(asked).rejects.toThrow('aborted');
    expect((await d.admin('GET', '/requests')).json.items[0]).toMatchObject({ status: null });
  });

  it('of kind empty leaves the status and takes the body', async () => {
    await arm({ endpoint: 'token', kind: 'empty', times: 1 });
    const answer = await d.requestToken();
    expect([answer.status, await answer.text()]).toEqual([200, '']);
  });

  it('of kind malformed breaks the JSON of a token that was issued', async () => {
    await arm({ endpoint: 'token', kind: 'malformed', times: 1 });
    const answer = await d.requestToken();
    expect(answer.headers.get('content-type')).toBe('application/json');
    await expect(answer.json()).rejects.toThrow(SyntaxError);
    expect((await d.admin('GET', '/tokens')).json.total).toBe(1);
  });

  it('of kind wrong-content-type declares JSON as something else', async () => {
    await arm({ endpoint: 'token', kind: 'wrong-content-type', times: 1 });
    const answer = await d.requestToken();
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    expect(Object.keys((await answer.json()) as Json)).toContain('access_token');
  });

  it('of latency holds the answer back', async () => {
    await arm({ endpoint: 'token', latency: ['80ms', '120ms'], times: 1 });
    const before = performance.now();
    expect(await statuses(1)).toEqual([200]);
    expect(performance.now() - before).toBeGreaterThanOrEqual(79);
  });

  it('shows in the journal where it struck', async () => {
    const { json } = await arm({ endpoint: 'revoke', status: 500 });
    await fetch(`${d.mock.url}/o/revoke_token/`, { method: 'POST' });
    expect((await d.admin('GET', '/requests')).json.items[0]).toMatchObject({
      status: 500,
      fault_id: json.id,
      reason: `struck by fault ${json.id}: status 500`,
    });
  });

  it.each([
    [{ endpoint: 'token' }, /nothing would go wrong/],
    [{ endpoint: 'tokens', status: 500 }, /one of token, revoke, call/],
    [{ endpoint: 'token', status: 200 }, /400 to 599/],
    [{ endpoint: 'token', status: 500, kind: 'hang' }, /no answer/],
    [{ endpoint: 'token', retry_after: 5, kind: 'empty' }, /needs a status/],
    [{ endpoint: 'token', latency: ['3s', '1s'] }, /turn them round/],
    [{ endpoint: 'token', latency: '1h' }, /10m/],
    [{ endpoint: 'token', latency: 5 }, /"2s"/],
    [{ endpoint: 'token', status: 500, times: 0 }, /from 1/],
  ])('that makes no sense is refused: %j', async (fault, message) => {
    const { status, json } = await arm(fault);
    expect([status, json.message]).toEqual([422, expect.stringMatching(message)]);
  });
});
