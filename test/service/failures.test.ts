import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ROWS } from '../../src/domain/early-2021.ts';
import { newMemoryStore, type Store } from '../../src/library/index.ts';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';
import { parseSetup } from '../support/fake-page.ts';

const PLANTED = 'planted failure';

/** A store whose next operation after `failNext()` fails. */
function createFragileStore() {
  const whole = newMemoryStore();
  let shouldFail = false;
  const fail = () => {
    shouldFail = false;
    throw new Error(PLANTED);
  };
  const store = new Proxy(whole, {
    get: (_, name: keyof Store) => (shouldFail && name !== 'close' ? fail : whole[name].bind(whole)),
  });
  return {
    store,
    failNext: () => {
      shouldFail = true;
    },
  };
}

const FORM = new URLSearchParams({ grant_type: 'client_credentials', ...SANDBOX });
/** A request to every route that uses the store. */
const IMITATED: readonly (readonly [string, string, RequestInit])[] = [
  ['the token endpoint', '/o/token/', { method: 'POST', body: FORM }],
  ['the revoke endpoint', '/o/revoke_token/', { method: 'POST', body: FORM }],
  ['the call page', '/call?access_token=TOKEN&validation_id=v', {}],
  ['vali-Das', '/validas/v1/validation', { method: 'POST', headers: { apikey: SANDBOX.client_secret } }],
  ['an unknown path', '/nowhere', {}],
];
const OWN: readonly (readonly [string, string, RequestInit])[] = [
  ['the control API', '/__admin/clients', {}],
  [
    'the event of a message contract',
    '/__admin/provider-events',
    { method: 'POST', body: '{"description":"VideocallLoading"}' },
  ],
  ['the demo', '/__demo/', {}],
];

describe('internal failures', () => {
  const fragile = createFragileStore();
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

  const requestWithFailure = (path: string, init: RequestInit) => {
    fragile.failNext();
    return fetch(`${d.mock.url}${path.replace('TOKEN', token)}`, init);
  };
  /** The failure id in the log line, if the log has the stack too. */
  const getLoggedId = () =>
    new RegExp(`: failure (\\w+): Error: ${PLANTED}\\n +at `).exec(log.mock.calls.join())?.[1];

  it.each(IMITATED)(
    'answers a failure of %s with the recorded page and journals its id',
    async (...[, path, init]) => {
      const answer = await requestWithFailure(path, init);
      expect([answer.status, await answer.text()]).toEqual([500, ROWS.crash.answer.body]);
      expect(getLoggedId()).toBeDefined();
      const { items } = (await d.admin('GET', '/requests?status=500')).json;
      expect(items.at(-1).reason).toContain(`under failure ${getLoggedId()}`);
    },
  );

  it.each(OWN)('answers a failure of %s in JSON with its id', async (_, path, init) => {
    const answer = await requestWithFailure(path, init);
    expect([answer.status, await answer.json()]).toEqual([
      500,
      expect.objectContaining({ error: 'internal', failure: getLoggedId() }),
    ]);
  });

  it.each(['reports', 'stream'] as const)(
    'answers a failure of the %s route of a call page with the recorded page',
    async (what) => {
      const { html } = await d.open(await d.token(), what);
      const init = what === 'reports' ? { method: 'POST', body: '{"posted":[0]}' } : {};
      const answer = await requestWithFailure(parseSetup(html)[what], init);
      expect([answer.status, await answer.text()]).toEqual([500, ROWS.crash.answer.body]);
      expect(getLoggedId()).toBeDefined();
    },
  );

  it('cuts the console stream off after a failure, so that the browser reconnects', async () => {
    await expect(requestWithFailure('/__console/stream', {})).rejects.toThrow('fetch failed');
    expect(log.mock.calls.join()).toContain(PLANTED);
  });
});

describe('uncaught errors in a process that embeds the simulator', () => {
  it('leaves uncaught errors to the embedding process and its test runner', async () => {
    const events = ['uncaughtException', 'unhandledRejection'] as const;
    const listeners = () => events.map((event) => process.listenerCount(event));
    const before = listeners();
    const d = await openDrive();
    expect(listeners()).toEqual(before);
    await d.mock.close();
  });
});
