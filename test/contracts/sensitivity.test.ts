import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPacts } from '../../src/contracts/load.ts';
import { simulatorControl } from '../../src/contracts/provider-control.ts';
import { verifyPacts } from '../../src/contracts/verify.ts';
import { controlAt } from '../../src/control/client.ts';
import { createClientRecord } from '../../src/domain/client.ts';
import { type Mock, startMock } from '../../src/library/index.ts';
import { FAULTS, type PlantedFault } from '../support/planted-faults.ts';
import { type Sabotage, startSabotageProxy } from '../support/sabotage.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';

/** Checks that the contracts detect a wrong service. Each test plants one fault. */

const FOLDER = path.join(import.meta.dirname, '../../contracts');

describe.skipIf(verifierProblem)(`contract sensitivity${skipReason}`, () => {
  let mock: Mock;
  let proxy: Awaited<ReturnType<typeof startSabotageProxy>>;
  beforeAll(async () => {
    const client = createClientRecord({ clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' });
    mock = await startMock({ clients: [client], scenario: 'manual', logLevel: 'error' });
    proxy = await startSabotageProxy(mock.url);
  });
  afterAll(async () => {
    proxy.close();
    await mock.close();
  });

  /** Returns the keys of the interactions that fail. */
  async function findFailures(by: PlantedFault['by'], sabotage: Sabotage): Promise<string[]> {
    proxy.plant(sabotage);
    const cwd = path.join(import.meta.dirname, '../..');
    const file = path.join(FOLDER, `${by}--videocall-manager.json`);
    const download = { allowsOtherOrigins: false };
    const pacts = await loadPacts([file], { cwd, download, allowUnknownStates: false, allowEmpty: false });
    const { results } = await verifyPacts(pacts, {
      target: {
        url: proxy.url,
        control: simulatorControl(controlAt(`${proxy.url}/__admin`), 'sensitivity'),
        origin: mock.browserUrl,
      },
      provider: 'videocall-manager',
      defaults: {},
      allowUnknownStates: false,
      failOnPending: false,
      showSecrets: false,
      timeout: 60_000,
      env: {},
      cwd,
      signal: new AbortController().signal,
      onProgress: () => {},
    });
    return results.filter(({ status }) => status === 'failed').map(({ key }) => key ?? '');
  }

  it.each(['guide-backend', 'guide-frontend', 'simulator-errors'] as const)(
    'passes the contracts of %s without a planted fault',
    async (by) => {
      expect(await findFailures(by, {})).toEqual([]);
    },
  );

  it.each(FAULTS.filter(({ unnoticed }) => unnoticed === undefined))('detects that $what', async (fault) => {
    expect(await findFailures(fault.by, fault)).not.toEqual([]);
  });

  it.each(FAULTS.filter(({ unnoticed }) => unnoticed !== undefined))(
    'does not detect that $what: $unnoticed',
    async (fault) => {
      expect(await findFailures(fault.by, fault)).toEqual([]);
    },
  );

  it('misses at most one planted fault', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(35);
    expect(FAULTS.filter(({ unnoticed }) => unnoticed !== undefined).length).toBeLessThanOrEqual(1);
  });
});
