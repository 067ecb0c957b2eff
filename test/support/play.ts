import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';
import { SITUATIONS, type SituationId } from '../../src/domain/coverage.ts';
import type { Act, PlayStep } from '../../src/domain/play-step.ts';
import { type Drive, type Json, SANDBOX } from './drive.ts';
import type { Shop } from './shop.ts';

/** The application that meets the situations. */
export interface Application {
  /** Requests a token, in the way of a situation, if it is one; undefined when it gets none. */
  requestToken(way: string): Promise<string | undefined>;
  revoke(token: string): Promise<void>;
  /** Embeds the frame with this query. */
  embed(query: Record<string, string>): Promise<void>;
  /** Closes every page. */
  close(): Promise<void>;
}

const TIMEOUT = { timeout: 60_000 };

/** Takes the steps that play a situation, one at each call of the returned function. */
export function createPlayer(
  { admin, mock }: Drive,
  application: Application,
  id: SituationId,
): (step: PlayStep) => Promise<void> {
  let token = '';
  let validationId = 'val-1';

  const findCall = async () =>
    (await admin('GET', '/calls')).json.items.findLast(
      (call: { validation_id: string }) => call.validation_id === validationId,
    );
  async function requestToken(): Promise<void> {
    token = (await application.requestToken(id)) ?? token;
  }
  async function embed(query: Record<string, string>): Promise<void> {
    await application.embed(query);
    const [{ status, cause }] = (await admin('GET', '/requests?path=/call')).json.items.slice(-1);
    if (status !== 200 || cause !== null) return;
    await expect.poll(async () => (await findCall())?.page, TIMEOUT).toBe('open');
  }
  const embedToken = () => embed({ access_token: token, validation_id: validationId });

  const acts: Readonly<Record<Act, () => Promise<void>>> = {
    token: requestToken,
    'token-this-way': requestToken,
    revoke: () => application.revoke(token),
    'that-token': embedToken,
    'same-token': embedToken,
    'unknown-token': () => embed({ access_token: 'unknown', validation_id: validationId }),
    async 'no-validation-id'() {
      await requestToken();
      await embed({ access_token: token });
    },
    async close() {
      // A page that is closed reports no more.
      const isReported = async () =>
        (await findCall()).events.every(
          (event: Json) => event.pushed_at === null || event.posted_at !== null,
        );
      await expect.poll(isReported, TIMEOUT).toBe(true);
      await application.close();
      await expect.poll(async () => (await findCall()).page, TIMEOUT).toBe('none');
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

const FIELDS = { grant_type: 'client_credentials', ...SANDBOX };
const BASIC = `Basic ${Buffer.from(`${SANDBOX.client_id}:${SANDBOX.client_secret}`).toString('base64')}`;

/** A token request in the way of a situation, by default a urlencoded form with the credentials in it. */
function createTokenRequest(way: string): RequestInit {
  const isBasic = way.endsWith('-basic');
  const fields = Object.entries(isBasic ? { grant_type: FIELDS.grant_type } : FIELDS);
  const form = way.startsWith('token-multipart') ? new FormData() : new URLSearchParams();
  for (const [name, value] of fields) form.append(name, value);
  return { method: 'POST', body: form, headers: isBasic ? { authorization: BASIC } : {} };
}

/** A backend, and a shop in Chromium. */
export function createShopApplication(
  { mock }: Drive,
  { shop, browser }: { readonly shop: Shop; readonly browser: Browser },
): Application {
  let pages: Page[] = [];
  return {
    async requestToken(way) {
      const answer = await fetch(`${mock.url}/o/token/`, createTokenRequest(way));
      const text = await answer.text();
      return answer.status === 200 ? JSON.parse(text).access_token : undefined;
    },
    async revoke(token) {
      const body = new URLSearchParams({ ...SANDBOX, token });
      await fetch(`${mock.url}/o/revoke_token/`, { method: 'POST', body });
    },
    async embed(query) {
      const page = await browser.newPage();
      pages.push(page);
      await page.goto(shop.getPageUrl(`${mock.browserUrl}/call?${new URLSearchParams(query)}`));
      await page.frameLocator('#videocall-iframe').locator('body[data-state]').waitFor(TIMEOUT);
    },
    async close() {
      await Promise.all(pages.map((page) => page.close()));
      pages = [];
    },
  };
}

/** The situations that were played. */
export const listPlayed = async ({ admin }: Pick<Drive, 'admin'>, query = ''): Promise<SituationId[]> =>
  (await admin('GET', `/coverage${query}`)).json.items
    .filter(({ played }: { played: boolean }) => played)
    .map(({ id }: { id: SituationId }) => id);

export const SITUATION_IDS = Object.keys(SITUATIONS) as SituationId[];
