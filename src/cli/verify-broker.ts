import type { Broker, Publication } from '../contracts/broker.ts';
import type { DownloadOptions } from '../contracts/pact-sources.ts';
import type { Read } from '../options/read.ts';
import type { OptionsFor } from '../options/table.ts';
import { basicCredentials, splitCredentials } from '../system/http.ts';
import { VERSION } from '../system/package.ts';

/** The options of a Pact broker. */
export type BrokerOptions = Pick<
  OptionsFor<'verify'>,
  | 'brokerUrl'
  | 'brokerToken'
  | 'brokerUsername'
  | 'brokerPassword'
  | 'allowOtherOrigins'
  | 'selector'
  | 'provider'
  | 'providerBranch'
  | 'providerTag'
  | 'enablePending'
  | 'includeWipSince'
  | 'publish'
  | 'providerVersion'
  | 'buildUrl'
>;
type Flags = Read<'verify'>['flags'];

/** Flags for a broker or for one of its pacts. */
const OF_BROKER = [
  'broker-token',
  'broker-username',
  'broker-password',
  'allow-other-origins',
  'provider-tag',
  'publish',
] as const;

/** Problems of these flags: credentials given twice, or no broker. */
export function findBrokerProblems(
  { brokerUrl = '' }: BrokerOptions,
  flags: Flags,
  named: readonly string[],
): string[] {
  const hasCredentials = brokerUrl !== '' && splitCredentials(brokerUrl).authorization !== undefined;
  return [
    ...(flags['broker-token'] && flags['broker-username']
      ? ['--broker-token and --broker-username exclude each other; keep one of them']
      : []),
    ...(hasCredentials && (flags['broker-token'] || flags['broker-username'])
      ? ['--broker-url and a flag both have credentials; keep one of them']
      : []),
    ...(brokerUrl === '' && !named.some((one) => /^https?:/i.test(one))
      ? OF_BROKER.filter((name) => flags[name]).map(
          (name) => `--${name}: no pact comes from a broker; use --broker-url or the URL of a pact`,
        )
      : []),
  ];
}

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
export function readBroker(options: BrokerOptions, flags: Flags): Broker | undefined {
  const { brokerUrl, selector, provider, providerBranch, providerTag, enablePending, includeWipSince } =
    options;
  if (brokerUrl === undefined) return undefined;
  const { url, authorization = readAuthorization(options, flags) } = splitCredentials(brokerUrl);
  return {
    url,
    authorization,
    allowsOtherOrigins: options.allowOtherOrigins,
    provider,
    selectors: selector.map((text): object => JSON.parse(text)),
    branch: providerBranch,
    tags: providerTag,
    enablePending,
    wipSince: includeWipSince,
  };
}

/** Credentials for pacts given by URL. Those of the environment are for a broker, so they are used only when publishing. */
export function readDownload(options: BrokerOptions, flags: Flags): DownloadOptions {
  const { brokerUrl, publish, allowOtherOrigins } = options;
  const usesCredentials = flags['broker-token'] || flags['broker-username'] || publish;
  return {
    authorization: brokerUrl === undefined && usesCredentials ? readAuthorization(options, flags) : undefined,
    allowsOtherOrigins: allowOtherOrigins,
  };
}

/** How results are published; undefined when they are not. */
export function readPublication({
  publish,
  providerVersion,
  providerBranch,
  providerTag,
  buildUrl,
}: BrokerOptions): Publication | undefined {
  if (providerVersion === undefined || !publish) return undefined;
  const verifiedBy = { implementation: 'mock-veridas', version: VERSION };
  return { version: providerVersion, branch: providerBranch, tags: providerTag, buildUrl, verifiedBy };
}
