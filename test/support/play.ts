import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { type Act, type PlayStep, SITUATIONS, type SituationId } from '../../src/domain/coverage.ts';
import { type Drive, SANDBOX } from './drive.ts';
import type { Shop } from './shop.ts';

/** A backend that requests tokens, and a shop that embeds the frame, as the steps of a situation say. */
interface Stage {
  readonly d: Drive;
  readonly shop: Shop;
  readonly browser: Browser;
}

const FIELDS = { grant_type: 'client_credentials', ...SANDBOX };
const BASIC = `Basic ${Buffer.from(`${SANDBOX.client_id}:${SANDBOX.client_secret}`).toString('base64')}`;

/** The body of a token request that is sent in the way of a situation. */
function createTokenRequest(way: string): RequestInit {
  const isBasic = way.endsWith('basic');
  const fields = Object.entries(isBasic ? { grant_type: FIELDS.grant_type } : FIELDS);
  const form = way.includes('multipart') ? new FormData() : new URLSearchParams();
  for (const [name, value] of fields) form.append(name, value);
  return { method: 'POST', body: form, headers: isBasic ? { authorization: BASIC } : {} };
}

/** Takes the steps that play a situation, one at each call of the returned function. */
export function createPlayer(
  { d, shop, browser }: Stage,
  id: SituationId,
): (step: PlayStep) => Promise<void> {
  let token = '';
  let validationId = 'val-1';
  let pages: Page[] = [];
  const { mock } = d;

  async function requestToken(way = ''): Promise<void> {
    const answer = await fetch(`${mock.url}/o/token/`, createTokenRequest(way));
    const text = await answer.text();
    token = answer.status === 200 ? JSON.parse(text).access_token : token;
  }

  const findCall = async () =>
    (await d.admin('GET', '/calls')).json.items.find(
      (call: { validation_id: string }) => call.validation_id === validationId,
    );

  async function embed(query: Record<string, string>): Promise<void> {
    const page = await browser.newPage();
    pages.push(page);
    await page.goto(shop.getPageUrl(`${mock.browserUrl}/call?${new URLSearchParams(query)}`));
    await page.frameLocator('#videocall-iframe').locator('body[data-state]').waitFor({ timeout: 60_000 });
    const [{ status, cause }] = (await d.admin('GET', '/requests?path=/call')).json.items.slice(-1);
    if (status !== 200 || cause !== null) return;
    await expect.poll(async () => (await findCall())?.page, { timeout: 60_000 }).toBe('open');
  }
  const embedToken = () => embed({ access_token: token, validation_id: validationId });

  const acts: Readonly<Record<Act, () => Promise<void>>> = {
    token: requestToken,
    'token-this-way': () => requestToken(id),
    async revoke() {
      const body = new URLSearchParams({ ...SANDBOX, token });
      expect((await fetch(`${mock.url}/o/revoke_token/`, { method: 'POST', body })).status).toBe(200);
    },
    'that-token': embedToken,
    'same-token': embedToken,
    'unknown-token': () => embed({ access_token: 'unknown', validation_id: validationId }),
    async 'no-validation-id'() {
      await requestToken();
      await embed({ access_token: token });
    },
    async close() {
      await Promise.all(pages.map((page) => page.close()));
      pages = [];
      await expect.poll(async () => (await findCall()).page, { timeout: 60_000 }).toBe('none');
    },
  };

  return async (step) => {
    if (typeof step === 'string') return acts[step]();
    if ('frame' in step) {
      validationId = step.frame;
      await requestToken();
      return embedToken();
    }
    const [method = '', path = ''] = step.control.replace('CLIENT_ID', SANDBOX.client_id).split(' ');
    const answer = await fetch(`${mock.url}${path}`, { method, body: JSON.stringify(step.body) });
    expect(answer.ok).toBe(true);
  };
}

/** The situations that were played. */
export const listPlayed = async ({ admin }: Pick<Drive, 'admin'>, query = ''): Promise<SituationId[]> =>
  (await admin('GET', `/coverage${query}`)).json.items
    .filter(({ played }: { played: boolean }) => played)
    .map(({ id }: { id: SituationId }) => id);

export const SITUATION_IDS = Object.keys(SITUATIONS) as SituationId[];
