import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Drive, type Json, openDrive } from '../support/drive.ts';
import { openFakePage } from '../support/fake-page.ts';
import { listPlayed } from '../support/play.ts';

const WAY = 'token-form-body';

describe('coverage in the control API', () => {
  let d: Drive;
  beforeEach(async () => {
    d = await openDrive({ scenario: 'manual', journalSize: 1 });
  });
  afterEach(() => d.mock.close());

  const read = async (query = ''): Promise<Json> => (await d.admin('GET', `/coverage${query}`)).json;

  it('lists every situation with its section of the guide and how to play it', async () => {
    const { items, total, played, ignored } = await read();
    expect([items.length, total, played, ignored]).toEqual([31, 31, 0, []]);
    expect(items).toContainEqual({
      id: 'expired-token',
      guide: '5.2',
      title: 'expired token at /call',
      counts: '/call was opened with a token that had expired',
      play:
        'let your backend request a token; POST /__admin/clock/advance {"by":"2h"}; ' +
        'embed the frame with that token',
      played: false,
    });
  });

  it('is that of one client or of all, also of those that were reset or removed', async () => {
    const [one, other] = [await d.createClient(), await d.createClient()];
    await d.token(one);
    const query = `?client_id=${one.client_id}`;
    expect(await listPlayed(d, query)).toEqual([WAY, 'sandbox-client']);
    expect(await listPlayed(d, `?client_id=${other.client_id}`)).toEqual([]);
    await d.admin('POST', `/reset${query}`);
    expect(await listPlayed(d, query)).toEqual([]);
    await d.token(one);
    expect(await listPlayed(d, query)).toEqual([WAY, 'sandbox-client']);
    await d.admin('DELETE', `/clients/${one.client_id}`);
    expect((await d.admin('GET', `/coverage${query}`)).status).toBe(404);
    expect(await listPlayed(d)).toEqual([WAY, 'sandbox-client']);
    await d.admin('POST', '/reset');
    expect(await listPlayed(d)).toEqual([]);
  });

  it('asks for a way of requesting tokens once it was tried', async () => {
    expect((await read()).total).toBe(31);
    await d.requestToken({ client_secret: 'wrong' });
    const tried = await read();
    expect([tried.total, tried.items[0]]).toEqual([32, expect.objectContaining({ id: WAY, played: false })]);
    await d.token();
    const issued = await read();
    expect([issued.total, issued.items[0].played]).toEqual([32, true]);
  });

  it('remembers what the journal has forgotten, also what the playing of others depends on', async () => {
    await d.requestToken({ client_secret: 'wrong' });
    const body = new URLSearchParams({ client_id: 'sandbox-client' });
    await fetch(`${d.mock.url}/o/revoke_token/`, { method: 'POST', body });
    const { items } = (await d.admin('GET', '/requests?client_id=sandbox-client')).json;
    expect(items.map(({ path }: Json) => path)).toEqual(['/o/revoke_token/']);
    expect(await listPlayed(d)).toEqual([]);
    await d.token();
    expect(await listPlayed(d, '?client_id=sandbox-client')).toEqual([
      WAY,
      'token-refused',
      'sandbox-client',
    ]);
  });

  it('counts for all what one client has played, and not what two have played together', async () => {
    const [one, other] = [await d.createClient(), await d.createClient()];
    await d.requestToken({ ...one, client_secret: 'wrong' });
    await d.requestToken({ client_id: 'unknown' });
    await d.token(other);
    expect(await listPlayed(d)).toEqual([WAY, 'sandbox-client']);
    await d.token(one);
    expect(await listPlayed(d)).toEqual([WAY, 'token-refused', 'sandbox-client']);
  });

  it('does not count the tokens that a test requests by the library', async () => {
    await d.mock.token();
    expect((await d.mock.coverage()).played).toBe(0);
    await d.token();
    expect((await d.mock.coverage()).played).toBe(2);
    await using client = await d.mock.client();
    expect((await client.coverage()).played).toBe(0);
  });

  it('does not count the demo', async () => {
    const headers = { 'content-type': 'application/json' };
    const body = '{"scenario":"manual"}';
    const demo = await fetch(`${d.mock.url}/__demo/calls`, { method: 'POST', headers, body });
    const { src } = (await demo.json()) as { src: string };
    const token = new URL(src).searchParams.get('access_token') ?? '';
    await d.admin('POST', `/tokens/${token}/expire`);
    await d.open(token, 'any');
    expect(await listPlayed(d, '?client_id=demo')).toEqual([WAY, 'expired-token', 'sandbox-client']);
    expect(await listPlayed(d)).toEqual([]);
  });

  it('counts a revocation only when it revokes a token of its client', async () => {
    const [own, other] = [await d.createClient(), await d.createClient()];
    const revoke = async ({ client_id, client_secret }: typeof own, token: string) => {
      const body = new URLSearchParams({ client_id, client_secret, token });
      const { status } = await fetch(`${d.mock.url}/o/revoke_token/`, { method: 'POST', body });
      expect(status).toBe(200);
      return (await listPlayed(d, `?client_id=${client_id}`)).includes('token-revoked');
    };
    const [token, foreign] = [await d.token(own), await d.token(other)];
    for (const unowned of ['unknown', foreign]) expect(await revoke(own, unowned)).toBe(false);
    // Another client has revoked it.
    expect(await revoke(other, foreign)).toBe(false);
    expect(await revoke(own, token)).toBe(true);
  });

  it('counts an unknown token for every client, because it belongs to none', async () => {
    await d.open('unknown', 'val-1');
    for (const query of ['', '?client_id=sandbox-client'])
      expect(await listPlayed(d, query)).toEqual(['unknown-token']);
  });

  it('counts an event once the page has posted it, and not when it was only sent', async () => {
    const page = await openFakePage(d, await d.token(), 'val-1');
    await page.waitForText('waiting-room');
    const joined = d.admin('POST', '/calls/val-1/agent', { action: 'join' });
    await page.waitForText('VideocallLoading');
    expect(await listPlayed(d)).not.toContain('loading-event');
    await page.report(0);
    await joined;
    expect(await listPlayed(d)).toContain('loading-event');
    page.disconnect();
  });

  it('counts neither a token request that a fault has spoilt nor a way that it was sent in', async () => {
    for (const kind of ['empty', 'malformed', 'wrong-content-type', 'reset']) {
      await d.admin('POST', '/faults', { endpoint: 'token', kind, times: 1 });
      await d.requestToken().catch(() => {});
    }
    expect(await listPlayed(d)).toEqual(['token-unavailable']);
    await d.token();
    expect(await listPlayed(d)).toEqual([WAY, 'token-unavailable', 'token-recovered', 'sandbox-client']);
  });
});
