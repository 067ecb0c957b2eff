import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Credentials, type Drive, drive } from '../support/drive.ts';

/** More than are remembered, and enough for somebody to be in need of room. */
const MANY = 5_500;
const REMEMBERED = 1_000;

let d: Drive;
let client: Credentials;
beforeEach(async () => {
  d = await drive({ scenario: 'manual' });
  client = await d.newClient();
});
afterEach(() => d.mock.close());

async function atOnce(times: number, act: (index: number) => Promise<unknown>): Promise<void> {
  for (let done = 0; done < times; done += 50)
    await Promise.all(Array.from({ length: Math.min(50, times - done) }, (_, i) => act(done + i)));
}
const total = async (what: 'tokens' | 'calls' | 'validations', { client_id } = client): Promise<number> =>
  (await d.admin('GET', `/${what}?client_id=${client_id}`)).json.total;
const advance = (by: string) => d.admin('POST', '/clock/advance', { by });

describe('what has ended long ago', { timeout: 120_000 }, () => {
  it('is forgotten of tokens, but for the newest, when time is moved', async () => {
    const first = await d.token(client);
    await atOnce(MANY, () => d.token(client));
    await advance('1h');
    expect(await total('tokens')).toBe(REMEMBERED);
    expect((await d.open(first, 'val-1')).status).toBe(403);
  });

  it('stays where it is not much, and what lives stays in any case', async () => {
    const other = await d.newClient();
    await d.token(other);
    await atOnce(MANY, () => d.token(client));
    await advance('30m');
    expect(await total('tokens')).toBe(MANY);
    await advance('30m');
    expect(await total('tokens', other)).toBe(1);
  });

  it('is forgotten of calls when none of their tokens could open another', async () => {
    const used = await d.token(client);
    await atOnce(MANY / 2, async (i) => {
      await d.open(i === 0 ? used : await d.token(client), `val-${i}`);
      const of = { client_id: client.client_id };
      await d.admin('POST', `/calls/val-${i}/agent`, { action: 'join', ...of });
      await d.admin('POST', `/calls/val-${i}/agent`, { action: 'end', ...of });
    });
    expect(await total('calls')).toBe(MANY / 2);
    // The call is needed as long as the hour of its token lasts, or the token would be good again.
    expect((await d.open(used, 'val-new')).html).toContain('used up');
    await advance('1h');
    expect([await total('calls'), await total('validations')]).toEqual([REMEMBERED, REMEMBERED]);
    expect((await d.open(used, 'val-new')).status).toBe(403);
  });
});
