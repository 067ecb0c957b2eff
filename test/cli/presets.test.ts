import { describe, expect, it } from 'vitest';
import { type Drive, driveAt, type Json } from '../support/drive.ts';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

/** Faults and validations of the config file, for a service container that no one can call before the test. */

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

/** Starts the simulator on this config file. */
async function start(...lines: readonly string[]): Promise<Omit<Drive, 'mock'> & { readonly url: string }> {
  write('mock-veridas.config.yaml', ...lines);
  const url = await run(['--port', '0']).ready;
  return { url, ...driveAt({ url, adminUrl: `${url}/__admin` }) };
}

const CLIENTS = [
  'clients:',
  '  - { client_id: shop, client_secret: shop-secret }',
  '  - { client_id: broken, client_secret: broken-secret }',
];
const SHOP = { client_id: 'shop', client_secret: 'shop-secret' };
const BROKEN = { client_id: 'broken', client_secret: 'broken-secret' };

describe('faults in the config file', () => {
  const FAULTS = [
    'faults:',
    '  - { client_id: broken, endpoint: token, status: 503, retry_after: 2, times: 1 }',
    '  - { endpoint: revoke, kind: malformed, latency: [1ms, 2ms] }',
  ];

  it('strike the first request of their client, and no other client', async () => {
    const { requestToken, admin } = await start(...CLIENTS, ...FAULTS);
    const struck = await requestToken(BROKEN);
    expect([struck.status, struck.headers.get('retry-after')]).toEqual([503, '2']);
    expect((await requestToken(SHOP)).status).toBe(200);
    expect((await requestToken(BROKEN)).status).toBe(200);
    const { items } = (await admin('GET', '/faults')).json;
    expect(items.toSorted((one: Json, other: Json) => one.id.localeCompare(other.id))).toEqual([
      expect.objectContaining({ id: 'config-1', client_id: 'broken', status: 503, times: 1, struck: 1 }),
      expect.objectContaining({ id: 'config-2', client_id: null, kind: 'malformed', latency_ms: [1, 2] }),
    ]);
  });

  it.each([
    ['a full reset', {}],
    ['a reset of their client', { client_id: 'broken' }],
  ])('are armed again by %s', async (_, body) => {
    const { requestToken, admin } = await start(...CLIENTS, ...FAULTS);
    expect((await requestToken(BROKEN)).status).toBe(503);
    for (const { id } of (await admin('GET', '/faults?client_id=broken')).json.items)
      expect((await admin('DELETE', `/faults/${id}`)).status).toBe(204);
    await admin('POST', '/faults', { ...BROKEN_FAULT, status: 500 });
    expect((await admin('POST', '/reset', body)).status).toBe(204);
    expect((await requestToken(BROKEN)).status).toBe(503);
    expect((await requestToken(BROKEN)).status).toBe(200);
    expect((await admin('GET', '/faults')).json.total).toBe(2);
  });

  it('stay as they are when another client is reset', async () => {
    const { requestToken, admin } = await start(...CLIENTS, ...FAULTS);
    expect((await requestToken(BROKEN)).status).toBe(503);
    await admin('POST', '/reset', { client_id: 'shop' });
    expect((await requestToken(BROKEN)).status).toBe(200);
  });

  it('strike clients of the command line and the built-in one', async () => {
    const { requestToken } = await start('faults: [{ endpoint: token, status: 429 }]');
    expect((await requestToken()).status).toBe(429);
  });

  it('also hold for the command of exec', async () => {
    write('mock-veridas.config.yaml', 'faults: [{ endpoint: token, status: 418 }]');
    const ask = 'curl -s -o /dev/null -w "%{http_code}" -X POST $VIDEOCALL_URL/o/token/';
    const { exited, output } = run(['exec', '--', 'sh', '-c', ask]);
    expect([await exited, output()]).toEqual([0, '418']);
  });
});

const BROKEN_FAULT = { client_id: 'broken', endpoint: 'token', times: 1 };

describe('validations in the config file', () => {
  it('are known before the first call, and again after a reset', async () => {
    const { token, open, admin } = await start(
      ...CLIENTS,
      'validations:',
      '  - { validation_id: gone, exists: false }',
      '  - { client_id: shop, validation_id: papers, confirmed: false, scenario: manual }',
    );
    const listed = async () => (await admin('GET', '/validations')).json.items;
    const papers = { client_id: 'shop', validation_id: 'papers', confirmed: false, scenario: 'manual' };
    expect(await listed()).toContainEqual({ ...papers, exists: null, calls: 0 });
    expect((await open(await token(SHOP), 'gone')).state).toBe('error');
    expect((await open(await token(SHOP), 'papers')).state).toBe('waiting-room');
    await admin('PUT', '/validations/papers?client_id=shop', { scenario: 'happy' });
    for (const body of [{ client_id: 'shop' }, {}]) {
      await admin('POST', '/reset', body);
      expect(await listed()).toContainEqual({ ...papers, exists: null, calls: 0 });
    }
  });
});
