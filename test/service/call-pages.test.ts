import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

describe('agent action', () => {
  it('answers an agent action only after the page has reported its post', async () => {
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

  it('answers an agent action with unconfirmed when an open page does not report', async () => {
    const page = await open();
    expect(await agent('join')).toEqual({ page: 'unconfirmed' });
    page.disconnect();
  });

  it('answers an agent action at once when no page is open', async () => {
    await d.open(await d.token(), 'v');
    expect(await agent('join')).toEqual({ page: 'none' });
  });

  it('answers an agent action at once when there is nothing to post', async () => {
    const page = await open();
    void page.waitForText('VideocallLoading').then(() => page.report(0));
    await agent('join');
    expect(await agent('leave')).toEqual({ page: 'open' });
    page.disconnect();
  });

  it('accepts one of fifty concurrent requests for the same action', async () => {
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

describe('call page', () => {
  it('sends a reconnected page the events it missed, and no event twice', async () => {
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

  it('sends all events that fall due at once in order', async () => {
    const client = await d.createClient({ scenario: 'happy' });
    const page = await openFakePage(d, await d.token(client), 'v');
    await page.waitForText('waiting-room');
    await d.admin('POST', '/clock/advance', { by: '1h', client_id: client.client_id });
    await page.waitForText('VideocallCompleted');
    expect(
      [...page.getReceived().matchAll(/^id: (\d+)\ndata: .*?"code":"(\w+)"/gm)].map(
        ([, ...fields]) => fields,
      ),
    ).toEqual([
      ['0', 'VideocallLoading'],
      ['1', 'VideocallInitiated'],
      ['2', 'VideocallCompleted'],
    ]);
    page.disconnect();
  });

  it('closes a page that disconnected before its stream was answered', async () => {
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
    await expect.poll(async () => (await call()).page).toBe('none');
  });

  it('closes a page that requested its stream twice on one connection and disconnected', async () => {
    const { html } = await d.open(await d.token(), 'v');
    const stream = new URL(parseSetup(html).stream, d.mock.url);
    const { port, hostname } = new URL(d.mock.url);
    const socket = connect(Number(port), hostname);
    socket.write(`GET ${stream.pathname}${stream.search} HTTP/1.1\r\nHost: x\r\n\r\n`.repeat(2));
    await expect.poll(async () => (await call()).page).toBe('open');
    socket.destroy();
    await expect.poll(async () => (await call()).page).toBe('none');
  });

  it('notifies a page from before a reset, and keeps it out of the next call with the same id', async () => {
    const { html } = await d.open(await d.token(), 'v');
    await d.mock.reset();
    await d.open(await d.token(), 'v');
    const stale = createFakePage(html, d.mock.url);
    await stale.waitForText('"reset":true');
    await stale.report(0);
    const { started_at, page } = await call();
    expect([started_at, page]).toEqual([null, 'none']);
  });

  it('notifies an open page of a reset at once', async () => {
    const page = await open();
    await d.mock.reset();
    await page.waitForText('"reset":true');
    await page.ended;
  });

  it('does not check a page in for a HEAD request to its stream', async () => {
    const { html } = await d.open(await d.token(), 'v');
    const { pathname, search } = new URL(parseSetup(html).stream, d.mock.url);
    expect((await fetch(`${d.mock.url}${pathname}${search}`, { method: 'HEAD' })).status).toBe(404);
    expect((await call()).started_at).toBeNull();
  });

  it('keeps a page open between long polls and sends events with their ids', async () => {
    const { opened, disconnect, ...page } = await openFakePage(d, await d.token(), 'v');
    disconnect();
    expect(opened.state).toBe('waiting-room');
    await expect.poll(async () => (await call()).page).toBe('none');
    const waiting = page.poll('waiting-room');
    await expect.poll(async () => (await call()).page).toBe('open');
    const acted = agent('join');
    expect(await waiting).toEqual([
      { id: 0, data: { state: 'loading', post: { data: EVENTS.VideocallLoading } } },
    ]);
    // An action waits two seconds for this report.
    await page.report(0);
    expect((await acted).page).toBe('posted');
    expect((await call()).page).toBe('open');
    expect(await page.poll('elsewhere', 0)).toEqual([{ data: { state: 'loading' } }]);
  });

  it('ignores a report of an event that was never sent', async () => {
    const page = await open();
    await page.report(0, 1, 99);
    void page.waitForText('VideocallLoading').then(() => page.disconnect());
    expect((await agent('join')).page).not.toBe('posted');
  });
});

describe('clock changes', () => {
  it('rejects a time before what has already happened', async () => {
    const page = await open();
    const { status } = await d.admin('POST', '/clock/freeze', { at: '2020-01-01T00:00:00Z' });
    expect(status).toBe(409);
    page.disconnect();
  });

  it.each([
    ['/clock/freeze', { at: '2016-12-31T23:59:60Z' }],
    ['/clock/advance', { by: '999999999h' }],
  ])('rejects a time that is not a representable date: %s %j', async (route, body) => {
    for (let i = 0; i < 3; i += 1) await d.admin('POST', route, body);
    expect((await d.admin('POST', route, body)).status).toBe(422);
    expect((await d.admin('GET', '/clock')).status).toBe(200);
  });
});

describe('two simulators on one store', () => {
  /** Runs `use` with two simulators that share a store, then stops both. */
  async function withTwoSimulators(
    scenario: string,
    use: (a: Drive, b: Drive) => Promise<void>,
  ): Promise<void> {
    const options = { ...createSharedStore(), scenario };
    const [a, b] = [await openDrive(options), await openDrive(options)];
    try {
      await use(a, b);
    } finally {
      await a.mock.close();
      await b.mock.close();
    }
  }

  it('sends an event to a page that is connected to the other simulator', () =>
    withTwoSimulators('manual', async (a, b) => {
      const page = await openFakePage(a, await b.token(), 'v');
      await page.waitForText('waiting-room');
      const answer = b.admin('POST', '/calls/v/agent', { action: 'join' });
      await page.waitForText('VideocallLoading');
      await page.report(0);
      expect((await answer).json.page).toBe('posted');
      page.disconnect();
    }));

  it('pushes events to the pages of both simulators before it answers a clock change', () =>
    withTwoSimulators('happy', async (a, b) => {
      await b.admin('POST', '/clock/freeze');
      const page = await openFakePage(a, await b.token(), 'v');
      await page.waitForText('waiting-room');
      await b.admin('POST', '/clock/advance', { by: '1h' });
      const { items } = (await b.admin('GET', '/events')).json;
      expect(items.map(({ pushed_at }: Json) => pushed_at)).toEqual(Array(3).fill(expect.any(String)));
      page.disconnect();
    }));

  it('keeps the state of the first simulator when the second starts and stops', async () => {
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
    // Event delivery to pages continues by itself, so /events is not compared.
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

  it('sends the rest of a call to a page whose own simulator has stopped', async () => {
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

  it('uses the credentials of the simulator that started last', async () => {
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

describe('the language of the page', () => {
  it.each([
    [undefined, 'en'],
    ['*', 'en'],
    ['de-DE,de;q=0.9', 'en'],
    ['es', 'es'],
    ['es-MX,es;q=0.9,en;q=0.8', 'es'],
    ['ES-es', 'es'],
    ['en-US,en;q=0.9,es;q=0.8', 'en'],
    ['de,es;q=0.5', 'es'],
    ['es;q=0,en', 'en'],
    [';;q=x,=', 'en'],
  ])('is for Accept-Language %o: %s', async (accepted, language) => {
    for (const token of [await d.token(), 'unknown']) {
      const answer = await fetch(`${d.mock.url}/call?access_token=${token}&validation_id=v`, {
        headers: accepted === undefined ? {} : { 'accept-language': accepted },
      });
      expect(await answer.text()).toContain(`<html lang="${language}">`);
    }
  });
});
