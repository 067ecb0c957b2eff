import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive } from '../support/drive.ts';

const CALLS = 5;
const ITEMS: Record<string, (item: Json) => unknown> = {
  '/tokens': ({ access_token }) => access_token,
  '/calls': ({ validation_id }) => validation_id,
  '/events': ({ validation_id, id }) => `${validation_id} ${id}`,
  '/requests': ({ id }) => id,
};

let d: Drive;
let own: string;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
  const [client, other] = [await d.createClient(), await d.createClient()];
  own = client.client_id;
  for (let n = 0; n < CALLS; n += 1) {
    const validationId = `v${n}`;
    await d.open(await d.token(n % 2 === 0 ? client : other), validationId);
    await d.admin('POST', `/calls/${validationId}/fail`, { code: 'VideocallServerNotOperational' });
    const posted = { type: 'info', code: 'Late', message: '' };
    await d.admin('POST', `/calls/${validationId}/events`, posted);
  }
});
afterAll(() => d.mock.close());

const get = async (path: string, query: Record<string, string> = {}) =>
  (await d.admin('GET', `${path}?${new URLSearchParams(query)}`)).json;

describe.each(Object.entries(ITEMS))('pages of GET %s', (path, toKey) => {
  it('have each item once, in the order of the whole list, also of one client', async () => {
    for (const scope of [{}, { client_id: own }]) {
      const all = (await get(path, scope)).items;
      expect(all.length).toBeGreaterThan(2);
      for (const limit of ['1', '2', '3']) {
        const keys: unknown[] = [];
        let after: string | null = null;
        do {
          const page: Json = await get(path, { ...scope, limit, ...(after !== null && { after }) });
          expect(page.items.length).toBeLessThanOrEqual(Number(limit));
          expect(page.items.length).toBeGreaterThan(0);
          keys.push(...page.items.map(toKey));
          after = page.next;
        } while (after !== null);
        expect(keys.toSorted()).toEqual(all.map(toKey).toSorted());
        if (path !== '/events') expect(keys).toEqual(all.map(toKey));
      }
    }
  });

  it('have the number of all items, or null where that would read them all', async () => {
    const { items, total, next } = await get(path);
    expect([total, next]).toEqual([items.length, null]);
    expect((await get(path, { limit: '1' })).total).toBe(path === '/events' ? null : items.length);
  });

  it.each(['0', '1001', '-1', 'all', '1.5', ''])('refuse the limit %j by name', async (limit) => {
    const { status, json } = await d.admin('GET', `${path}?limit=${limit}`);
    expect([status, json.message]).toEqual([422, expect.stringMatching(/limit: .*from 1 to 1000/)]);
  });

  it.each(['x', '-1', '1e3', ''])('refuse the cursor %j by name', async (after) => {
    const { status, json } = await d.admin('GET', `${path}?after=${after}`);
    expect([status, json.message]).toEqual([422, expect.stringMatching(/after: /)]);
  });
});

describe('requests', () => {
  it('that are selected are counted only when they fit on a page', async () => {
    const selected = { path: '/o/token/' };
    expect((await get('/requests', selected)).total).toBe(CALLS);
    expect((await get('/requests', { ...selected, limit: '1' })).total).toBe(null);
  });

  it('are counted from an id on', async () => {
    const { items } = await get('/requests');
    const after = `${items[1].id}`;
    expect((await get('/requests/count', { after })).count).toBe(items.length - 2);
    expect((await get('/requests/count')).count).toBe(items.length);
    expect((await get('/requests/count', { client_id: own })).count).toBe(
      (await get('/requests', { client_id: own })).items.length,
    );
  });
});

describe('a list of more than one page', () => {
  const MANY = 1_100;

  it('is bounded by default, and read whole by the library', async () => {
    for (let n = 0; n < MANY; n += 100)
      await Promise.all(Array.from({ length: 100 }, () => d.requestToken()));
    expect((await get('/tokens')).items).toHaveLength(1_000);
    expect((await get('/requests')).items).toHaveLength(1_000);
    const all = await d.mock.journal.list();
    expect(all).toHaveLength(await d.mock.journal.count());
    expect(all.length).toBeGreaterThan(MANY);
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).sort((a, b) => a - b));
  });
});
