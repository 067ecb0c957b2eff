import * as Type from 'typebox';
import { Address, anyText, FLAG_ONLY, onOff, type Row } from './row.ts';

const OF_BROKER = { ...FLAG_ONLY, for: ['verify'], group: 'Pact broker' } as const;

function isJsonObject(given: string): boolean {
  try {
    const value: unknown = JSON.parse(given);
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

/** Options of `verify` for a Pact broker, by the names of their flags. */
export const BROKER_ROWS = {
  'broker-url': {
    ...OF_BROKER,
    schema: Address,
    placeholder: 'URL',
    help: 'verify the pacts that a Pact broker has for the provider, such as http://USER:PASSWORD@broker.example',
  },
  'broker-token': {
    ...OF_BROKER,
    ...anyText(
      'TOKEN',
      'token',
      'bearer token for the broker; without --broker-url, for pacts named by URL',
      {
        writeOnly: true,
      },
    ),
    variables: ['PACT_BROKER_TOKEN'],
  },
  'broker-username': {
    ...OF_BROKER,
    ...anyText('NAME', 'user name', 'user of the broker'),
    variables: ['PACT_BROKER_USERNAME'],
  },
  'broker-password': {
    ...OF_BROKER,
    ...anyText('PASSWORD', 'password', 'password of that user', { writeOnly: true }),
    variables: ['PACT_BROKER_PASSWORD'],
  },
  'allow-other-origins': {
    ...OF_BROKER,
    ...onOff('follow links of the broker to another origin, with the credentials'),
  },
  selector: {
    ...OF_BROKER,
    schema: Type.Array(
      Type.Refine(
        Type.String({ title: 'JSON object', description: 'one such as {"branch":"main"}', writeOnly: true }),
        isJsonObject,
      ),
    ),
    placeholder: 'JSON',
    help: 'consumer versions to verify, such as {"mainBranch":true} (default: the latest of each consumer)',
    default: [],
    needs: 'broker-url',
  },
  'provider-branch': {
    ...OF_BROKER,
    ...anyText('NAME', 'branch', 'branch of the provider being verified'),
  },
  'provider-tag': {
    ...OF_BROKER,
    schema: Type.Array(Type.String({ title: 'tag', minLength: 1 })),
    placeholder: 'TAG',
    help: 'tag of the provider being verified; it is set when the result is published',
    default: [],
  },
  'enable-pending': {
    ...OF_BROKER,
    ...onOff('accept failures of pacts that this branch has never verified'),
    needs: 'provider-branch',
  },
  'include-wip-since': {
    ...OF_BROKER,
    ...anyText(
      'DATE',
      'date',
      'also verify work in progress since this date, such as 2026-01-31; it may fail',
    ),
    needs: 'enable-pending',
  },
  publish: {
    ...OF_BROKER,
    ...onOff('publish the results of pacts that come from a broker; needs --provider-version'),
    needs: 'provider-version',
  },
  'provider-version': {
    ...OF_BROKER,
    ...anyText('VERSION', 'version', 'version of the provider to publish the result for'),
  },
  'build-url': { ...OF_BROKER, ...anyText('URL', 'address', 'URL of the build'), needs: 'publish' },
} as const satisfies Record<string, Row>;
