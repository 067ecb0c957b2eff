import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SITUATIONS, type Situation, type SituationId } from '../../src/domain/coverage.ts';
import { useChromium } from '../support/chromium-page.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { createPlayer, createShopApplication, listPlayed } from '../support/play.ts';
import { explainMissingTool } from '../support/tools.ts';

const why = explainMissingTool('chromium');

const TOKEN: SituationId[] = ['token-form-body', 'sandbox-client'];
const USUAL: SituationId[] = [...TOKEN, 'loading-event', 'initiated-event', 'completed-event'];

/** What else is played by the steps that play a situation. */
const BESIDES: Readonly<Record<SituationId, readonly SituationId[]>> = {
  'token-form-body': ['sandbox-client'],
  'token-form-basic': ['sandbox-client'],
  'token-multipart-body': ['sandbox-client'],
  'token-multipart-basic': ['sandbox-client'],
  'token-refused': TOKEN,
  'token-unavailable': [],
  'token-slow': TOKEN,
  'token-recovered': [...TOKEN, 'token-unavailable'],
  'token-revoked': TOKEN,
  'expired-token': TOKEN,
  'used-token': USUAL,
  'revoked-token': [...TOKEN, 'token-revoked'],
  'unknown-token': [],
  'missing-validation-id': [...TOKEN, 'not-found-event'],
  'unconfirmed-validation': TOKEN,
  'loading-event': USUAL,
  'initiated-event': USUAL,
  'completed-event': USUAL,
  'not-found-event': TOKEN,
  'server-not-operational-event': TOKEN,
  'completed-twice': USUAL,
  'completed-lost': [...TOKEN, 'loading-event', 'initiated-event'],
  'completed-late': USUAL,
  'events-out-of-order': USUAL,
  'foreign-message': USUAL,
  'malformed-message': [...TOKEN, 'completed-event'],
  'long-wait': TOKEN,
  'agent-returns': USUAL,
  'client-returns-to-waiting-room': TOKEN,
  'client-returns-to-call': [...TOKEN, 'loading-event', 'initiated-event'],
  'call-outlives-token': USUAL,
  'two-calls': TOKEN,
  'sandbox-client': ['token-form-body'],
  'production-client': ['token-form-body'],
  'blocked-address': [],
};

describe.skipIf(why)(`coverage in Chromium${why ? ` (${why})` : ''}`, () => {
  const stage = useChromium();
  let d: Drive;
  beforeEach(async () => {
    d = await openDrive();
  });
  afterEach(async () => {
    await Promise.all(stage.browser.contexts().map((context) => context.close()));
    await d.mock.close();
  });

  it.each(Object.entries(BESIDES) as [SituationId, SituationId[]][])(
    'counts %s when it is played as the table says, and not before',
    async (id, besides) => {
      const take = createPlayer(d, createShopApplication(d, stage), id);
      for (const step of SITUATIONS[id].play) {
        expect(await listPlayed(d)).not.toContain(id);
        await take(step);
      }
      const { afterwards }: Situation = SITUATIONS[id];
      if (afterwards !== undefined) {
        const before = (await d.mock.coverage()).played;
        await take(afterwards);
        expect((await d.admin('GET', '/clients')).json.items[0].environment).toBe('sandbox');
        expect((await d.mock.coverage()).played).toBe(before);
      }
      const expected = [...new Set([id, ...besides])].toSorted();
      await expect.poll(async () => (await listPlayed(d)).toSorted(), { timeout: 60_000 }).toEqual(expected);
    },
  );

  it('counts no event of a page that is not embedded', async () => {
    const query = new URLSearchParams({ access_token: await d.token(), validation_id: 'early-event~1' });
    await stage.page.goto(`${d.mock.browserUrl}/call?${query}`);
    await expect.poll(async () => (await d.admin('GET', '/calls')).json.items[0]?.page).toBe('open');
    await d.admin('POST', '/clock/advance', { by: '1m' });
    const isReported = async () =>
      (await d.admin('GET', '/events')).json.items.every(({ posted_at: at }: { posted_at: unknown }) => at);
    await expect.poll(isReported, { timeout: 60_000 }).toBe(true);
    expect((await listPlayed(d)).toSorted()).toEqual(TOKEN.toSorted());
  });
});
