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

/** How well the contracts tell a service that is right from one that is not: faults, planted one at a time. */

const FOLDER = path.join(import.meta.dirname, '../../contracts');

describe.skipIf(verifierProblem)(`the contracts${skipReason}`, () => {
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

  /** The interactions that fail. */
  async function broken(by: PlantedFault['by'], sabotage: Sabotage): Promise<string[]> {
    proxy.plant(sabotage);
    const cwd = path.join(import.meta.dirname, '../..');
    const file = path.join(FOLDER, `${by}--videocall-manager.json`);
    const pacts = await loadPacts([file], { cwd, allowUnknownStates: false, allowEmpty: false });
    const { results } = await verifyPacts(pacts, {
      target: {
        url: proxy.url,
        control: simulatorControl(controlAt(`${proxy.url}/__admin`)),
        origin: mock.browserUrl,
      },
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
    'of %s are kept where nothing is wrong',
    async (by) => {
      expect(await broken(by, {})).toEqual([]);
    },
  );

  it.each(FAULTS.filter(({ unnoticed }) => unnoticed === undefined))('notice that $what', async (fault) => {
    expect(await broken(fault.by, fault)).not.toEqual([]);
  });

  it.each(FAULTS.filter(({ unnoticed }) => unnoticed !== undefined))(
    'do not notice that $what: $unnoticed',
    async (fault) => {
      expect(await broken(fault.by, fault)).toEqual([]);
    },
  );

  it('notice nearly all of what can go wrong', () => {
    expect(FAULTS.length).toBeGreaterThanOrEqual(25);
    expect(FAULTS.filter(({ unnoticed }) => unnoticed !== undefined).length).toBeLessThanOrEqual(1);
  });
});
