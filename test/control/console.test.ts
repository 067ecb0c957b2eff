import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive } from '../support/drive.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());

/** Reads the console stream until it has sent `parts`, and returns the latest data of each part. */
async function readParts(query: string, ...parts: string[]): Promise<Map<string, unknown>> {
  const controller = new AbortController();
  const answer = await fetch(`${d.mock.url}/__console/stream?${query}`, { signal: controller.signal });
  expect(answer.headers.get('content-type')).toBe('text/event-stream');
  const seen = new Map<string, unknown>();
  let text = '';
  for await (const chunk of answer.body ?? []) {
    text += Buffer.from(chunk).toString();
    for (const [, name = '', data = ''] of text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g))
      seen.set(name, JSON.parse(data));
    if (parts.every((part) => seen.has(part))) break;
  }
  controller.abort();
  return seen;
}

/** Returns the response status. `fetch` does not send a custom Host or Origin. */
const requestStatus = (path: string, headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    request(`${d.mock.url}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });

describe('console', () => {
  it.each(['/__console', '/__console/'])(
    'serves the console page at %s without external resources',
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
    ['with another Host (DNS rebinding)', { host: 'evil.example' }],
    ['from a page of another origin', { origin: 'http://evil.example' }],
  ])('answers console requests %s with 403', async (_, headers) => {
    for (const path of ['/__console', '/__console/stream'])
      expect(await requestStatus(path, headers)).toBe(403);
  });

  it('never sends a client secret on the console stream', async () => {
    const client = await d.createClient();
    await d.open(await d.token(client), 'val-1');
    const all = await readParts(`client_id=${client.client_id}`, 'clients', 'journal', 'call', 'tokens');
    expect(JSON.stringify(Object.fromEntries(all))).not.toContain(client.client_secret);
  });

  it('streams only the data of the client in client_id', async () => {
    const [one, other] = [await d.createClient(), await d.createClient()];
    for (const client of [one, other]) await d.open(await d.token(client), `val-${client.client_id}`);
    const all = await readParts(`client_id=${one.client_id}`, 'calls', 'journal', 'tokens');
    for (const part of ['calls', 'journal', 'tokens']) {
      const text = JSON.stringify(all.get(part));
      expect(text).toContain(one.client_id);
      expect(text).not.toContain(other.client_id);
    }
  });

  it('answers an invalid query of the console stream with 422', async () => {
    const answer = await fetch(`${d.mock.url}/__console/stream?n=zero`);
    expect([answer.status, await answer.json()]).toMatchObject([422, { error: 'invalid' }]);
  });

  it('closes an open console stream when the simulator stops', async () => {
    const other = await openDrive();
    const answer = await fetch(`${other.mock.url}/__console/stream`);
    const reading = answer.text();
    await other.mock.close();
    await expect(reading).resolves.toContain('event: server');
  });
});
