import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());

/** What the console's stream has told, by part, until it has told these. */
async function told(query: string, ...parts: string[]): Promise<Map<string, unknown>> {
  const leaving = new AbortController();
  const answer = await fetch(`${d.mock.url}/__console/stream?${query}`, { signal: leaving.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const seen = new Map<string, unknown>();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (const [, name = '', data = ''] of text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g))
      seen.set(name, JSON.parse(data));
    if (parts.every((part) => seen.has(part))) break;
  }
  leaving.abort();
  return seen;
}

/** The status of a request with these headers, which `fetch` would not let through. */
const statusWith = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${d.mock.url}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('the console', () => {
  it.each(['/__console', '/__console/'])(
    'is a page at %s that needs nothing from elsewhere',
    async (path) => {
      const answer = await fetch(d.mock.url + path);
      const html = await answer.text();
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
      expect(html).not.toContain('//');
      for (const [, asset] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g))
        expect((await fetch(d.mock.url + asset)).status).toBe(200);
    },
  );

  it.each([
    ['another host, as after DNS rebinding', { host: 'evil.example' }],
    ['a page of another origin', { origin: 'http://evil.example' }],
  ])('lets nobody in who comes by %s', async (_, headers) => {
    for (const path of ['/__console', '/__console/stream']) expect(await statusWith(path, headers)).toBe(403);
  });

  it('tells no client secret', async () => {
    const client = await d.createClient();
    await d.open(await d.token(client), 'val-1');
    const all = await told(`client_id=${client.client_id}`, 'clients', 'journal', 'call', 'tokens');
    expect(JSON.stringify(Object.fromEntries(all))).not.toContain(client.client_secret);
  });

  it('tells of the client that is named and of no other', async () => {
    const [one, other] = [await d.createClient(), await d.createClient()];
    for (const client of [one, other]) await d.open(await d.token(client), `val-${client.client_id}`);
    const all = await told(`client_id=${one.client_id}`, 'calls', 'journal', 'tokens');
    for (const part of ['calls', 'journal', 'tokens']) {
      const text = JSON.stringify(all.get(part));
      expect(text).toContain(one.client_id);
      expect(text).not.toContain(other.client_id);
    }
  });

  it('says what in a query it does not understand', async () => {
    const answer = await fetch(`${d.mock.url}/__console/stream?n=zero`);
    expect([answer.status, await answer.json()]).toMatchObject([422, { error: 'invalid' }]);
  });

  it('is not kept from stopping by somebody who looks at it', async () => {
    const other = await openDrive();
    const answer = await fetch(`${other.mock.url}/__console/stream`);
    const reading = answer.text();
    await other.mock.close();
    await expect(reading).resolves.toContain('event: server');
  });
});
