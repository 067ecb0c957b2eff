import { afterEach, describe, expect, it, vi } from 'vitest';
import type { MockOptions } from '../src/index.ts';
import { type Drive, drive } from './drive.ts';

let d: Drive;
const start = async (options: MockOptions) => {
  d = await drive({ scenario: 'manual', ...options });
};
afterEach(() => d.mock.close());

/** Opens a page's stream and collects what it is told. */
function listen(html: string): { told: string[]; stop(): void; ended: Promise<unknown> } {
  const setup = JSON.parse(
    /<script type="application\/json" id="setup">(.*?)<\/script>/s.exec(html)?.[1] ?? '{}',
  );
  const stopping = new AbortController();
  const told: string[] = [];
  const { pathname, search } = new URL(setup.stream);
  const ended = fetch(`${d.mock.url}${pathname}${search}`, { signal: stopping.signal })
    .then(async ({ body }) => {
      if (body === null) return;
      for await (const chunk of body) told.push(Buffer.from(chunk).toString());
    })
    .catch(() => {});
  return { told, stop: () => stopping.abort(), ended };
}

const heard = (told: string[], text: string) =>
  vi.waitFor(() => expect(told.join('')).toContain(text), { timeout: 5_000, interval: 20 });

describe('a token used for a second validation', () => {
  it('opens it by default', async () => {
    await start({});
    const token = await d.token();
    await d.open(token, 'one');
    expect((await d.open(token, 'another')).status).toBe(200);
    expect((await d.admin('GET', `/tokens/${token}`)).json.validation_ids).toEqual(['one', 'another']);
  });

  it('is refused with --strict-tokens', async () => {
    await start({ strictTokens: true });
    const token = await d.token();
    await d.open(token, 'one');
    const { status, html } = await d.open(token, 'another');
    expect(status).toBe(403);
    expect(html).toContain('already serves another validation');
  });
});

describe('a token used by two pages at once', () => {
  it('serves both by default', async () => {
    await start({});
    const token = await d.token();
    const pages = [listen((await d.open(token, 'v')).html), listen((await d.open(token, 'v')).html)];
    for (const { told } of pages) await heard(told, 'waiting-room');
    await d.admin('POST', '/calls/v/agent', { action: 'join' });
    for (const { told } of pages) await heard(told, 'VideocallLoading');
    for (const { stop } of pages) stop();
  });

  it('is refused to the second with --strict-tokens, when both stay', async () => {
    await start({ strictTokens: true });
    const token = await d.token();
    const first = listen((await d.open(token, 'v')).html);
    await heard(first.told, 'waiting-room');
    const second = listen((await d.open(token, 'v')).html);
    await heard(second.told, '"state":"error"');
    await second.ended;
    await d.admin('POST', '/calls/v/agent', { action: 'join' });
    await heard(first.told, 'VideocallLoading');
    expect(first.told.join('')).not.toContain('"state":"error"');
    first.stop();
  });
});

describe('a token that opens nothing', () => {
  it('is answered by a page that posts VideocallNotFound with --refused-call event', async () => {
    await start({ refusedCall: 'event' });
    const { status, state, html } = await d.open('never-issued', 'v');
    expect([status, state]).toEqual([200, 'error']);
    const { told, stop } = listen(html);
    await heard(told, '"code":"VideocallNotFound"');
    stop();
  });
});

describe('an unknown validation id', () => {
  it('does not exist with --known-validations-only, until it is made known', async () => {
    await start({ knownValidationsOnly: true });
    const token = await d.token();
    expect((await d.open(token, 'val-1')).state).toBe('error');
    expect((await d.admin('PUT', '/validations/val-1', { exists: true })).status).toBe(200);
    expect((await d.open(token, 'val-1')).state).toBe('waiting-room');
  });

  it('exists by default, until it is said not to', async () => {
    await start({});
    const token = await d.token();
    await d.admin('PUT', '/validations/gone', { exists: false, client_id: 'sandbox-client' });
    expect((await d.open(token, 'gone')).state).toBe('error');
    expect((await d.open(token, 'other')).state).toBe('waiting-room');
  });
});

describe('a token that expires in mid-call', () => {
  it('lets the call go on, and is refused at a reload', async () => {
    await start({ scenario: 'call-outlives-token' });
    const token = await d.token();
    const page = listen((await d.open(token, 'v')).html);
    await heard(page.told, 'waiting-room');
    await d.admin('POST', '/clock/advance', { by: '61m' });
    expect((await d.admin('GET', '/calls/v')).json.state).toBe('in-call');
    const reloaded = await d.open(token, 'v');
    expect(reloaded.status).toBe(403);
    expect(reloaded.html).toContain('has expired');
    await d.admin('POST', '/clock/advance', { by: '2h' });
    await heard(page.told, 'VideocallCompleted');
    page.stop();
  });
});
