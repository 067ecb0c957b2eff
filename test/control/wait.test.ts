import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive } from '../support/drive.ts';
import { createFakePage, openFakePage } from '../support/fake-page.ts';

let d: Drive;
beforeAll(async () => {
  d = await openDrive({ scenario: 'manual' });
});
afterAll(() => d.mock.close());
beforeEach(() => d.admin('POST', '/reset'));

const wait = (body: Json) => d.admin('POST', '/wait', { timeout: '10s', ...body });
const act = (action: string, more: Json = {}) => d.admin('POST', '/calls/val-1/agent', { action, ...more });

describe('POST /wait', () => {
  it('answers at once when the event has already been posted', async () => {
    await d.open(await d.token(), 'val-1');
    await act('join');
    const { status, json } = await wait({ for: { event: 'VideocallLoading' } });
    expect([status, json.event.validation_id]).toEqual([200, 'val-1']);
  });

  it('answers when the expected event is posted', async () => {
    await d.open(await d.token(), 'val-1');
    const waiting = wait({ for: { event: 'VideocallLoading' }, validation_id: 'val-1' });
    await act('join');
    expect((await waiting).json.event).toMatchObject({ code: 'VideocallLoading', id: 0 });
  });

  it('answers when a scenario event is due, even without an open page', async () => {
    await d.admin('PUT', '/scenarios/soon', { steps: [{ after: '100ms', agent: 'join' }] });
    const page = await openFakePage(d, await d.token(), 'soon');
    await page.waitForText('"state"');
    page.disconnect();
    const { json } = await wait({ for: { event: 'VideocallLoading' } });
    expect(json.event.validation_id).toBe('soon');
  });

  it('answers when the clock is advanced past the expected state', async () => {
    await d.admin('POST', '/clock/freeze');
    const page = await openFakePage(d, await d.token(), 'agent-late~1');
    await page.waitForText('"state"');
    const waiting = wait({ for: { call_state: 'in-call' } });
    await d.mock.clock.advance('11m');
    expect((await waiting).json.call).toMatchObject({ validation_id: 'agent-late~1' });
    page.disconnect();
  });

  it('accepts a state that the call has already left', async () => {
    await d.open(await d.token(), 'val-1');
    for (const action of ['join', 'start', 'end']) await act(action);
    expect((await wait({ for: { call_state: 'in-call' } })).json.call.state).toBe('ended');
  });

  it('answers when a page has checked in, not when it was served', async () => {
    const frame = await d.open(await d.token(), 'val-1');
    const { status, json } = await wait({ for: { page: 'open' }, timeout: '10ms' });
    expect([status, json.message]).toEqual([408, 'an open page did not come within 10ms']);
    expect(json.seen).toEqual(['val-1: page has not checked in']);
    const waiting = wait({ for: { page: 'open' }, validation_id: 'val-1', n: 1 });
    const page = createFakePage(frame.html, d.mock.url);
    expect((await waiting).json.call).toMatchObject({ validation_id: 'val-1', page: 'open' });
    const leaving = wait({ for: { page: 'none' } });
    page.disconnect();
    expect((await leaving).json.call).toMatchObject({ validation_id: 'val-1', page: 'none' });
  });

  it('answers when the expected request arrives', async () => {
    const waiting = wait({ for: { request: { path: '/o/token/', status: 401 } } });
    await d.token();
    await d.requestToken({ client_secret: 'wrong' });
    expect((await waiting).json.request).toMatchObject({ path: '/o/token/', status: 401 });
  });

  it('ignores requests up to the id in `after`', async () => {
    await d.token();
    const { id } = (await d.admin('GET', '/requests')).json.items[0];
    const waiting = wait({ for: { request: { path: '/o/token/' } }, after: id });
    await d.token();
    expect((await waiting).json.request.id).toBeGreaterThan(id);
  });

  it('waits for the event of one call, selected by n', async () => {
    await d.open(await d.token(), 'val-1');
    for (const action of ['join', 'end']) await act(action);
    await d.open(await d.token(), 'val-1');
    const waiting = wait({ for: { event: 'VideocallLoading' }, validation_id: 'val-1', n: 2 });
    await act('join');
    expect((await waiting).json.event).toMatchObject({ n: 2, id: 0 });
  });

  it('ignores the events of other clients', async () => {
    const [mine, other] = [await d.createClient(), await d.createClient()];
    await d.open(await d.token(other), 'val-1');
    await act('join', { client_id: other.client_id });
    const { status } = await wait({
      for: { event: 'VideocallLoading' },
      client_id: mine.client_id,
      timeout: '50ms',
    });
    expect(status).toBe(408);
  });

  it('answers 408 after the timeout and lists the events it saw', async () => {
    await d.open(await d.token(), 'val-1');
    await act('join');
    const { status, json } = await wait({ for: { event: 'VideocallCompleted' }, timeout: '50ms' });
    expect([status, json]).toEqual([
      408,
      {
        error: 'timeout',
        message: expect.stringContaining('VideocallCompleted'),
        hint: expect.stringContaining('VideocallLoading'),
        seen: ['VideocallLoading'],
      },
    ]);
  });

  it.each([
    [{ for: { event: 'X', call_state: 'ended' } }, /exclude each other/],
    [{ for: {} }, /one of event, request, call_state/],
    [{ forr: { event: 'X' } }, /did you mean 'for'\?/],
    [{ for: { call_state: 'asleep' } }, /one of waiting-room/],
    [{ for: { event: 'X' }, timeout: 'soon' }, /duration/],
    [{ for: { event: 'X' }, timeout: '2h' }, /10m/],
    [{ for: { event: 'X' }, after: 1 }, /after: does not go with event/],
    [{ for: { request: {} }, n: 1 }, /n: does not go with request/],
  ])('rejects the wait %j with 422', async (body, message) => {
    const { status, json } = await d.admin('POST', '/wait', body);
    expect([status, json.message]).toEqual([422, expect.stringMatching(message)]);
  });

  it('answers a pending wait with 408 when the simulator stops', async () => {
    const drive = await openDrive();
    const waiting = drive.admin('POST', '/wait', { for: { event: 'Never' }, timeout: '10m' });
    await expect.poll(async () => (await drive.admin('GET', '/health')).status).toBe(200);
    const [{ status }] = await Promise.all([waiting, drive.mock.close()]);
    expect(status).toBe(408);
  });
});
