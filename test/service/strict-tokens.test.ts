import { afterEach, describe, expect, it } from 'vitest';
import type { MockOptions } from '../../src/library/index.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { type FakePage, openFakePage } from '../support/fake-page.ts';

let d: Drive;
const start = async (options: MockOptions) => {
  d = await openDrive({ scenario: 'manual', ...options });
};
afterEach(() => d.mock.close());

const page = (token: string, validationId: string): Promise<FakePage> => openFakePage(d, token, validationId);

describe('token used for a second validation', () => {
  it('opens a second validation with the same token by default', async () => {
    await start({});
    const token = await d.token();
    await d.open(token, 'one');
    expect((await d.open(token, 'another')).status).toBe(200);
    expect((await d.admin('GET', `/tokens/${token}`)).json.validation_ids).toEqual(['one', 'another']);
  });

  it('refuses a second validation with the same token with --strict-tokens', async () => {
    await start({ strictTokens: true });
    const token = await d.token();
    await d.open(token, 'one');
    const { status, html } = await d.open(token, 'another');
    expect(status).toBe(403);
    expect(html).toContain('already belongs to another validation');
  });
});

describe('token used by two pages at once', () => {
  it('serves two open pages with the same token by default', async () => {
    await start({});
    const token = await d.token();
    const pages = [await page(token, 'v'), await page(token, 'v')];
    for (const { waitForText } of pages) await waitForText('waiting-room');
    await d.mock.call('v').join();
    for (const { waitForText } of pages) await waitForText('VideocallLoading');
    for (const { disconnect } of pages) disconnect();
  });

  it('refuses the second open page with the same token with --strict-tokens', async () => {
    await start({ strictTokens: true });
    const token = await d.token();
    const first = await page(token, 'v');
    await first.waitForText('waiting-room');
    const second = await page(token, 'v');
    await second.waitForText('"state":"error"');
    await second.ended;
    // A browser reconnects after its stream has ended, and must be refused again.
    second.connect();
    await second.ended;
    await d.mock.call('v').join();
    await first.waitForText('VideocallLoading');
    expect(first.getReceived()).not.toContain('"state":"error"');
    expect(second.getReceived()).not.toContain('VideocallLoading');
    first.disconnect();
  });
});

describe('invalid token', () => {
  it('answers an invalid token with a page that posts VideocallNotFound with --refused-call event', async () => {
    await start({ refusedCall: 'event' });
    const { opened, waitForText, disconnect } = await page('never-issued', 'v');
    expect([opened.status, opened.state]).toEqual([200, 'error']);
    await waitForText('"code":"VideocallNotFound"');
    disconnect();
  });
});

describe('unknown validation id', () => {
  it('rejects an unknown validation id with --known-validations-only until it is added', async () => {
    await start({ knownValidationsOnly: true });
    const token = await d.token();
    expect((await d.open(token, 'val-1')).state).toBe('error');
    expect((await d.admin('PUT', '/validations/val-1', { exists: true })).status).toBe(200);
    expect((await d.open(token, 'val-1')).state).toBe('waiting-room');
  });

  it('accepts an unknown validation id by default until it is marked as missing', async () => {
    await start({});
    const token = await d.token();
    await d.admin('PUT', '/validations/gone', { exists: false, client_id: 'sandbox-client' });
    expect((await d.open(token, 'gone')).state).toBe('error');
    expect((await d.open(token, 'other')).state).toBe('waiting-room');
  });
});

describe('token that expires during a call', () => {
  it('continues the call of an expired token and refuses the token on a reload', async () => {
    await start({ scenario: 'call-outlives-token' });
    const token = await d.token();
    const { waitForText, disconnect } = await page(token, 'v');
    await waitForText('waiting-room');
    await d.mock.clock.advance('61m');
    expect((await d.admin('GET', '/calls/v')).json.state).toBe('in-call');
    const reloaded = await d.open(token, 'v');
    expect(reloaded.status).toBe(403);
    expect(reloaded.html).toContain('has expired');
    await d.mock.clock.advance('2h');
    await waitForText('VideocallCompleted');
    disconnect();
  });
});
