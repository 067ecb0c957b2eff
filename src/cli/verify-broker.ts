import type { Broker, Publication } from '../contracts/broker.ts';
import { PROVIDER } from '../contracts/report.ts';
import type { Read } from '../options/read.ts';
import type { Only, OptionsFor } from '../options/table.ts';
import { basicCredentials } from '../system/http.ts';
import { VERSION } from '../system/package.ts';

/** The options of a Pact broker. */
type BrokerOptions = Pick<
  OptionsFor<'verify'>,
  | 'brokerUrl'
  | 'brokerToken'
  | 'brokerUsername'
  | 'brokerPassword'
  | 'selector'
  | 'providerBranch'
  | 'enablePending'
  | 'includeWipSince'
>;
type Flags = Read<'verify'>['flags'];

/** A user given as a flag overrides a token from the environment. */
function readAuthorization(
  { brokerToken, brokerUsername, brokerPassword }: BrokerOptions,
  flags: Flags,
): string | undefined {
  if (brokerToken !== undefined && flags['broker-username'] === undefined) return `Bearer ${brokerToken}`;
  return brokerUsername === undefined
    ? undefined
    : basicCredentials(`${brokerUsername}:${brokerPassword ?? ''}`);
}

/** The broker that the flags name, if any. */
export function readBroker<O extends BrokerOptions>(
  options: Only<BrokerOptions, O>,
  flags: Flags,
): Broker | undefined {
  const { brokerUrl, selector, providerBranch, enablePending, includeWipSince }: BrokerOptions = options;
  if (brokerUrl === undefined) return undefined;
  return {
    url: brokerUrl,
    authorization: readAuthorization(options, flags),
    provider: PROVIDER,
    selectors: selector.map((text): object => JSON.parse(text)),
    branch: providerBranch,
    enablePending,
    wipSince: includeWipSince,
  };
}

/** How results are published to the broker; undefined when they are not. */
export function readPublication({
  publish,
  providerVersion,
  buildUrl,
}: Pick<OptionsFor<'verify'>, 'publish' | 'providerVersion' | 'buildUrl'>): Publication | undefined {
  if (providerVersion === undefined || !publish) return undefined;
  const verifiedBy = { implementation: 'mock-veridas', version: VERSION };
  return { version: providerVersion, buildUrl, verifiedBy };
}
