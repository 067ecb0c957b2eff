import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { createClientRecord } from '../../src/domain/client.ts';
import { startMock } from '../../src/library/index.ts';
import { openBroker } from '../support/broker.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';

type Library = typeof import('@pact-foundation/pact-core');

/** Compares the stand-in for a Pact Broker with the broker's documents, and runs a client of real brokers against it. */

const FOR_VERIFICATION = '/pacts/provider/videocall-manager/for-verification';
const PROVIDER = '/pacticipants/videocall-manager';
const PACT = '/pacts/provider/videocall-manager/consumer/shop/pact-version/0';
const NAME = 'Pact between shop (4.5.6) and videocall-manager';

interface Link {
  readonly href: string;
  readonly title?: string;
  readonly name?: string;
  readonly templated?: true;
}

/** The links that Pact Broker 2.113 documents and that a verification uses. */
const DOCUMENTED: readonly (readonly [string, string, Readonly<Record<string, Link>>])[] = [
  [
    'GET',
    '/',
    {
      'pb:provider-pacts-for-verification': {
        href: '/pacts/provider/{provider}/for-verification',
        title: 'Pact versions to be verified for the specified provider',
        templated: true,
      },
    },
  ],
  ['POST', FOR_VERIFICATION, { self: { href: FOR_VERIFICATION, title: 'Pacts to be verified' } }],
  [
    'GET',
    PACT,
    {
      self: { href: PACT, title: 'Pact', name: NAME },
      'pb:consumer-version': {
        href: '/pacticipants/shop/versions/4.5.6',
        title: 'Consumer version',
        name: '4.5.6',
      },
      'pb:provider': { href: PROVIDER, title: 'Provider', name: 'videocall-manager' },
      'pb:publish-verification-results': {
        href: `${PACT}/verification-results`,
        title: 'Publish verification results',
      },
    },
  ],
  [
    'GET',
    PROVIDER,
    {
      'pb:version-tag': {
        href: `${PROVIDER}/versions/{version}/tags/{tag}`,
        title: 'Get, create or delete a tag for a version of videocall-manager',
        templated: true,
      },
      'pb:branch-version': {
        href: `${PROVIDER}/branches/{branch}/versions/{version}`,
        title: 'Get or add/create a version for a branch of videocall-manager',
        templated: true,
      },
    },
  ],
  [
    'POST',
    `${PACT}/verification-results`,
    { self: { href: `${PACT}/verification-results/17`, title: 'Verification result' } },
  ],
];

describe('the stand-in for a Pact Broker', () => {
  let broker: Awaited<ReturnType<typeof openBroker>>;
  beforeAll(async () => {
    const file = path.join(import.meta.dirname, '../fixtures/pacts/good/mixed.json');
    broker = await openBroker([{ pact: JSON.parse(readFileSync(file, 'utf8')) }]);
  });
  afterAll(() => broker.close());

  const request = async (method: string, place: string) => {
    const answer = await fetch(`${broker.url}${place}`, { method });
    expect(answer.headers.get('content-type')).toContain('application/hal+json');
    return answer.json();
  };

  it.each(DOCUMENTED)('answers %s %s with the documented links', async (method, place, links) => {
    const absolute = Object.entries(links).map(([name, link]) => [
      name,
      { ...link, href: `${broker.url}${link.href}` },
    ]);
    expect((await request(method, place))._links).toEqual(Object.fromEntries(absolute));
  });

  it('lists the pacts for verification under the documented names', async () => {
    expect((await request('POST', FOR_VERIFICATION))._embedded).toEqual({
      pacts: [
        {
          shortDescription: 'latest',
          verificationProperties: { pending: false, notices: [] },
          _links: { self: { href: `${broker.url}${PACT}`, name: NAME } },
        },
      ],
    });
  });

  it.skipIf(verifierProblem)(
    `works with Pact's own verifier, which publishes its results there${skipReason}`,
    async () => {
      const client = createClientRecord({ clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' });
      const mock = await startMock({ clients: [client], scenario: 'manual', logLevel: 'error' });
      onTestFinished(() => mock.close());
      const { Verifier }: Library = createRequire(import.meta.url)('@pact-foundation/pact-core');
      const verifier = new Verifier({
        provider: 'videocall-manager',
        providerBaseUrl: mock.url,
        providerStatesSetupUrl: `${mock.adminUrl}/provider-states`,
        transports: [
          { protocol: 'message', port: Number(new URL(mock.url).port), path: '/__admin/provider-events' },
        ],
        pactBrokerUrl: broker.url,
        consumerVersionSelectors: [{ latest: true }],
        publishVerificationResult: true,
        providerVersion: '1.2.3',
        providerVersionBranch: 'main',
        logLevel: 'error',
      });
      await expect(verifier.verify()).resolves.toContain('"result":true');
      expect(broker.sent('PUT', `${PROVIDER}/branches/main/versions/1.2.3`)).toHaveLength(1);
      expect(broker.sent('POST', '/0/verification-results').at(-1)?.json).toMatchObject({ success: true });
    },
  );
});
