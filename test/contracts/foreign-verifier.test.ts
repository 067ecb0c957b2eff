import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientRecord } from '../../src/domain/client.ts';
import { type Mock, startMock } from '../../src/library/index.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';

type Library = typeof import('@pact-foundation/pact-core');

describe.skipIf(verifierProblem)(`Pact's own verifier without verify${skipReason}`, () => {
  let mock: Mock;
  beforeAll(async () => {
    const client = createClientRecord({ clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' });
    mock = await startMock({ clients: [client], scenario: 'manual', logLevel: 'error' });
  });
  afterAll(() => mock.close());

  /** Runs the native verifier as other languages do, with addresses of the simulator only. */
  function verify(name: string): Promise<string> {
    const { Verifier }: Library = createRequire(import.meta.url)('@pact-foundation/pact-core');
    return new Verifier({
      provider: 'videocall-manager',
      providerBaseUrl: mock.url,
      providerStatesSetupUrl: `${mock.adminUrl}/provider-states`,
      transports: [
        { protocol: 'message', port: Number(new URL(mock.url).port), path: '/__admin/provider-events' },
      ],
      pactUrls: [path.join(import.meta.dirname, '../..', name)],
      logLevel: 'error',
    }).verify();
  }

  it.each(['guide-backend', 'guide-frontend'])(
    'passes the contract of %s, with its states and events',
    async (consumer) => {
      await expect(verify(`contracts/${consumer}--videocall-manager.json`)).resolves.toContain(
        '"result":true',
      );
    },
  );

  it('fails a contract about an event that does not exist', async () => {
    await expect(verify('test/fixtures/pacts/must-fail/wrong-event.json')).rejects.toThrow(
      'VideocallFinished',
    );
    await expect(verify('test/fixtures/pacts/must-fail/no-event.json')).rejects.toThrow('"result":false');
  });
});
