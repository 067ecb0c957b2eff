import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SANDBOX_CLIENT as SANDBOX } from '../../src/domain/client.ts';
import { EVENTS } from '../../src/guide/events.ts';
import { createSharedStore, type Drive, type Json, openDrive } from '../support/drive.ts';
import { createFakePage, type FakePage, openFakePage, parseSetup } from '../support/fake-page.ts';

let d: Drive;
beforeEach(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterEach(() => d.mock.close());

const open = async (): Promise<FakePage> => {
  const page = await openFakePage(d, await d.token(), 'v');
  await page.waitForText('waiting-room');
  return page;
};
const agent = async (action: string) => (await d.admin('POST', '/calls/v/agent', { action })).json;
const call = async () => (await d.admin('GET', '/calls/v')).json;

describe("an agent's action", () => {
  it('is answered when the page has reported its post, and not before', async () => {
    const page = await open();
    let answered = false;
    const answer = agent('join').then((json) => {
      answered = true;
      return json;
    });
    await page.waitForText('VideocallLoading');
    expect(answered).toBe(false);
    await page.report(0);
    expect(await answer).toEqual({ page: 'posted', posted_after_ms: expect.any(Number) });
    page.disconnect();
  });

  it('is answered as unconfirmed when an open page does not report', async () => {
    const page = await open();
    expect(await agent('join')).toEqual({ page: 'unconfirmed' });
    page.disconnect();
  });

  it('is answered at once when no page is open', async () => {
    await d.open(await d.token(), 'v');
    expect(await agent('join')).toEqual({ page: 'none' });
  });

  it('is answered at once when there is nothing to post', async () => {
    const page = await open();
    void page.waitForText('VideocallLoading').then(() => page.report(0));
    await agent('join');
    expect(await agent('leave')).toEqual({ page: 'open' });
    page.disconnect();
  });

  it('wins once when fifty ask for the same', async () => {
    await d.open(await d.token(), 'v');
    const answers = await Promise.all(
      Array.from({ length: 50 }, () => d.admin('POST', '/calls/v/agent', { action: 'join' })),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([
      200,
      ...Array.from({ length: 49 }, () => 409),
    ]);
    expect((await call()).events).toHaveLength(1);
  });
});

describe('a page', () => {
  it('hears again what it missed while it was away, and nothing twice', async () => {
    const page = await open();
    page.disconnect();
    await page.ended;
    await agent('join');
    await agent('start');
    page.connect(0);
    await page.waitForText('VideocallInitiated');
    expect(page.getReceived()).not.toContain('VideocallLoading');
    page.disconnect();
  });

  it('is told in order of all that falls due at once', async () => {
    const client = await d.createClient({ scenario: 'happy' });
    const page = await openFakePage(d, await d.token(client), 'v');
    await page.waitForText('waiting-room');
    await d.admin('POST', '/clock/advance', { by: '1h', client_id: client.client_id });
    await page.waitForText('VideocallCompleted');
    expect(
      [...page.getReceived().matchAll(/^id: (\d+)\ndata: .*?"code":"(\w+)"/gm)].map(([, ...said]) => said),
    ).toEqual([
      ['0', 'VideocallLoading'],
      ['1', 'VideocallInitiated'],
      ['2', 'VideocallCompleted'],
    ]);
    page.disconnect();
  });

  it('is not open any more when it went away before it was answered', async () => {
    const { html } = await d.open(await d.token(), 'v');
    const stream = new URL(parseSetup(html).stream, d.mock.url);
    const { port, hostname } = new URL(d.mock.url);
    for (let i = 0; i < 5; i += 1) {
      await new Promise<void>((resolve) => {
        const socket = connect(Number(port), hostname, () => {
          socket.write(`GET ${stream.pathname}${stream.search} HTTP/1.1\r\nHost: x\r\n\r\n`, () => {
            socket.resetAndDestroy();
            resolve();
          });
        });
      });
    }
    await vi.waitFor(async () => expect((await call()).page).toBe('none'));
  });

  it('is not open any more when it asked twice on one connection and went away', async () => {
    const { html } = await d.open(await d.token(), 'v');
    const stream = new URL(parseSetup(html).stream, d.mock.url);
    const { port, hostname } = new URL(d.mock.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${stream.pathname}${stream.search} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(2));
    await vi.waitFor(async () => expect((await call()).page).toBe('open'));
    socket.destroy();
    await vi.waitFor(async () => expect((await call()).page).toBe('none'));
  });

  it('of before a reset hears of the reset, and takes no part in the next call of the same id', async () => {
    const { html } = await d.open(await d.token(), 'v');
    await d.mock.reset();
    await d.open(await d.token(), 'v');
    const stale = createFakePage(html, d.mock.url);
    await stale.waitForText('"reset":true');
    await stale.report(0);
    const { started_at, page } = await call();
    expect([started_at, page]).toEqual([null, 'none']);
  });

  it('that is open hears of a reset at once', async () => {
    const page = await open();
    await d.mock.reset();
    await page.waitForText('"reset":true');
    await page.ended;
  });

  it('is not checked in by a HEAD request to its stream', async () => {
    const { html } = await d.open(await d.token(), 'v');
    const { pathname, search } = new URL(parseSetup(html).stream, d.mock.url);
    expect((await fetch(`${d.mock.url}${pathname}${search}`, { method: 'HEAD' })).status).toBe(404);
    expect((await call()).started_at).toBeNull();
  });

  it('stays open from one long-poll to the next, and hears events with their ids', async () => {
    const { opened, disconnect, ...page } = await openFakePage(d, await d.token(), 'v');
    disconnect();
    expect(opened.state).toBe('waiting-room');
    const waiting = page.poll('waiting-room');
    await vi.waitFor(async () => expect((await call()).page).toBe('open'));
    const acted = agent('join');
    expect(await waiting).toEqual([
      { id: 0, data: { state: 'loading', post: { data: EVENTS.VideocallLoading } } },
    ]);
    expect((await call()).page).toBe('open');
    await page.report(0);
    expect((await acted).page).toBe('posted');
    expect(await page.poll('elsewhere', 0)).toEqual([{ data: { state: 'loading' } }]);
  });

  it('cannot report what was never said', async () => {
    const page = await open();
    await page.report(0, 1, 99);
    void page.waitForText('VideocallLoading').then(() => page.disconnect());
    expect((await agent('join')).page).not.toBe('posted');
  });
});

describe('a clock that would go back behind what has happened', () => {
  it('is refused', async () => {
    const page = await open();
    const { status } = await d.admin('POST', '/clock/freeze', { at: '2020-01-01T00:00:00Z' });
    expect(status).toBe(409);
    page.disconnect();
  });

  it.each([
    ['/clock/freeze', { at: '2016-12-31T23:59:60Z' }],
    ['/clock/advance', { by: '999999999h' }],
  ])('or to no date at all, is refused: %s %j', async (route, body) => {
    for (let i = 0; i < 3; i += 1) await d.admin('POST', route, body);
    expect((await d.admin('POST', route, body)).status).toBe(422);
    expect((await d.admin('GET', '/clock')).status).toBe(200);
  });
});

describe('two simulators on one store', () => {
  /** Lets two of them play `scenario`, for as long as `use` needs them. */
  async function two(scenario: string, use: (a: Drive, b: Drive) => Promise<void>): Promise<void> {
    const options = { ...createSharedStore(), scenario };
    const [a, b] = [await openDrive(options), await openDrive(options)];
    try {
      await use(a, b);
    } finally {
      await a.mock.close();
      await b.mock.close();
    }
  }

  it('tell the same page, whichever is asked', () =>
    two('manual', async (a, b) => {
      const page = await openFakePage(a, await b.token(), 'v');
      await page.waitForText('waiting-room');
      const answer = b.admin('POST', '/calls/v/agent', { action: 'join' });
      await page.waitForText('VideocallLoading');
      await page.report(0);
      expect((await answer).json.page).toBe('posted');
      page.disconnect();
    }));

  it('have told all pages when the clock was moved, whichever was asked', () =>
    two('happy', async (a, b) => {
      await b.admin('POST', '/clock/freeze');
      const page = await openFakePage(a, await b.token(), 'v');
      await page.waitForText('waiting-room');
      await b.admin('POST', '/clock/advance', { by: '1h' });
      const { items } = (await b.admin('GET', '/events')).json;
      expect(items.map(({ pushed_at }: Json) => pushed_at)).toEqual(Array(3).fill(expect.any(String)));
      page.disconnect();
    }));

  it('lose nothing of the first when the second starts, nor when it stops', async () => {
    const options = { ...createSharedStore(), scenario: 'manual' };
    const a = await openDrive(options);
    const token = await a.token();
    const made = await a.createClient();
    const page = await openFakePage(a, token, 'v');
    await page.waitForText('waiting-room');
    await a.admin('POST', '/clock/freeze', { at: '2040-01-01T00:00:00Z' });
    await a.admin('POST', '/faults', { endpoint: 'revoke', status: 503 });
    await a.admin('PUT', '/validations/v2', { scenario: 'happy' });
    const paths = ['/clients', '/tokens', '/clock', '/calls', '/faults', '/validations', '/requests'];
    // What a page is told of is the only thing that goes on by itself.
    const state = (of: Drive) =>
      Promise.all(
        paths.map(async (path) => {
          const { items, now } = (await of.admin('GET', path)).json;
          return items ?? now;
        }),
      );
    const before = await state(a);
    const b = await openDrive(options);
    try {
      expect(await state(b)).toEqual(before);
      expect(await b.token(made)).toHaveLength(30);
    } finally {
      await b.mock.close();
    }
    expect((await state(a)).slice(0, 1)).toEqual(before.slice(0, 1));
    const answer = a.admin('POST', '/calls/v/agent', { action: 'join' });
    await page.waitForText('VideocallLoading');
    await page.report(0);
    expect((await answer).json.page).toBe('posted');
    page.disconnect();
    await a.mock.close();
  });

  it('show the rest of a call to a page whose own simulator has stopped', async () => {
    const options = { ...createSharedStore(), scenario: 'manual' };
    const [a, b] = [await openDrive(options), await openDrive(options)];
    const { html } = await a.open(await a.token(), 'v');
    const first = createFakePage(html, a.mock.url);
    await first.waitForText('waiting-room');
    await a.mock.close();
    await first.ended;
    const again = createFakePage(html, b.mock.url);
    await again.waitForText('waiting-room');
    void b.admin('POST', '/calls/v/agent', { action: 'join' });
    await again.waitForText('VideocallLoading');
    again.disconnect();
    await b.mock.close();
  });

  it('take the credentials of the one that was started last', async () => {
    const store = createSharedStore();
    const client = (clientSecret: string) => [{ ...SANDBOX, clientSecret }];
    const before = await openDrive({ ...store, clients: client('old') });
    await before.mock.close();
    const after = await openDrive({ ...store, clients: client('new') });
    try {
      const status = async (client_secret: string) => (await after.requestToken({ client_secret })).status;
      expect([await status('new'), await status('old')]).toEqual([200, 401]);
    } finally {
      await after.mock.close();
    }
  });
});
