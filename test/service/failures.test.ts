import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { newMemoryStore, type Store } from '../../src/library/index.ts';
import { SERVER_ERROR } from '../../src/service/django/answer.ts';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';
import { parseSetup } from '../support/fake-page.ts';

const PLANTED = 'planted failure';

/** A store that can be told to fail, once, at what it is next asked to do. */
function fragileStore() {
  const whole = newMemoryStore();
  let isToFail = false;
  const fail = () => {
    isToFail = false;
    throw new Error(PLANTED);
  };
  const store = new Proxy(whole, {
    get: (_, name: keyof Store) => (isToFail && name !== 'close' ? fail : whole[name].bind(whole)),
  });
  return {
    store,
    failNext: () => {
      isToFail = true;
    },
  };
}

const FORM = new URLSearchParams({ grant_type: 'client_credentials', ...SANDBOX });
/** A request of every door that asks the store. */
const IMITATED: readonly (readonly [string, string, RequestInit])[] = [
  ['the token endpoint', '/o/token/', { method: 'POST', body: FORM }],
  ['the revoke endpoint', '/o/revoke_token/', { method: 'POST', body: FORM }],
  ['the call page', '/call?access_token=TOKEN&validation_id=v', {}],
  ['vali-Das', '/validas/v1/validation', { method: 'POST', headers: { apikey: SANDBOX.client_secret } }],
  ['a path that nobody serves', '/nowhere', {}],
];
const OWN: readonly (readonly [string, string, RequestInit])[] = [
  ['the control API', '/__admin/clients', {}],
  ['the demo', '/__demo/', {}],
];

describe('a failure behind a door', () => {
  const fragile = fragileStore();
  let d: Drive;
  let token: string;
  const log = vi.spyOn(process.stderr, 'write');
  beforeAll(async () => {
    d = await openDrive({ store: fragile.store });
    token = await d.token();
  });
  beforeEach(() => {
    log.mockReset();
    log.mockReturnValue(true);
  });
  afterAll(async () => {
    log.mockRestore();
    await d.mock.close();
  });

  const asked = (path: string, init: RequestInit) => {
    fragile.failNext();
    return fetch(`${d.mock.url}${path.replace('TOKEN', token)}`, init);
  };
  /** The id under which the log has the failure, with its stack. */
  const loggedId = () =>
    new RegExp(`: failure (\\w+): Error: ${PLANTED}\\n +at `).exec(log.mock.calls.join())?.[1];

  it.each(IMITATED)(
    'of %s is answered by the page that was recorded, and the journal has its id',
    async (...[, path, init]) => {
      const answer = await asked(path, init);
      expect([answer.status, await answer.text()]).toEqual([500, SERVER_ERROR.body]);
      expect(loggedId()).toBeDefined();
      const { items } = (await d.admin('GET', '/requests?status=500')).json;
      expect(items.at(-1).reason).toContain(`at failure ${loggedId()}`);
    },
  );

  it.each(OWN)('of %s is answered in JSON with its id', async (_, path, init) => {
    const answer = await asked(path, init);
    expect([answer.status, await answer.json()]).toEqual([
      500,
      expect.objectContaining({ error: 'internal', failure: loggedId() }),
    ]);
  });

  it.each(['reports', 'stream'] as const)(
    'of the %s of a page is answered by the page that was recorded',
    async (what) => {
      const { html } = await d.open(await d.token(), what);
      const init = what === 'reports' ? { method: 'POST', body: '{"posted":[0]}' } : {};
      const answer = await asked(parseSetup(html)[what], init);
      expect([answer.status, await answer.text()]).toEqual([500, SERVER_ERROR.body]);
      expect(loggedId()).toBeDefined();
    },
  );

  it('of the stream of the console cuts it off, so that the browser comes back', async () => {
    await expect(asked('/__console/stream', {})).rejects.toThrow('fetch failed');
    expect(log.mock.calls.join()).toContain(PLANTED);
  });
});

describe('what nobody has caught in a process that embeds the simulator', () => {
  it('is left to that process, whose test runner is to hear of it', async () => {
    const events = ['uncaughtException', 'unhandledRejection'] as const;
    const listeners = () => events.map((event) => process.listenerCount(event));
    const before = listeners();
    const d = await openDrive();
    expect(listeners()).toEqual(before);
    await d.mock.close();
  });
});
