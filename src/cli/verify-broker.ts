import type { Broker, Publication } from '../contracts/broker.ts';
import { PROVIDER } from '../contracts/report.ts';
import { BadUsage } from '../options/settings.ts';
import { basicCredentials } from '../system/http.ts';
import { VERSION } from '../system/package.ts';
import type { Invocation } from './command.ts';
import type { VerifyFlags } from './verify-flags.ts';

type Environment = Invocation['env'];

/** Credentials of flags, or else of the environment: there only where a broker is asked for by a flag. */
function authorization({ values }: VerifyFlags, env: Environment): string | undefined {
  const username = values['broker-username'] ?? env.PACT_BROKER_USERNAME;
  const password = values['broker-password'] ?? env.PACT_BROKER_PASSWORD;
  const byFlag = values['broker-username'] !== undefined;
  const token = values['broker-token'] ?? (byFlag ? undefined : env.PACT_BROKER_TOKEN);
  if (token && byFlag)
    throw new BadUsage(['--broker-token and --broker-username exclude each other; keep one of them']);
  if (token) return `Bearer ${token}`;
  if (!username) return undefined;
  return basicCredentials(`${username}:${password ?? ''}`);
}

/** The broker that the flags name, if they do. */
export function brokerOf(flags: VerifyFlags, env: Environment): Broker | undefined {
  const { values, switches, selectors } = flags;
  const url = values['broker-url'];
  if (url === undefined) return undefined;
  return {
    url,
    authorization: authorization(flags, env),
    provider: PROVIDER,
    selectors,
    branch: values['provider-branch'],
    enablePending: switches.has('enable-pending'),
    wipSince: values['include-wip-since'],
  };
}

/** As what the broker is told what came of it, if it is to be told. */
export function publicationOf({ values, switches }: VerifyFlags): Publication | undefined {
  const version = values['provider-version'];
  if (version === undefined || !switches.has('publish')) return undefined;
  const verifiedBy = { implementation: 'mock-veridas', version: VERSION };
  return { version, buildUrl: values['build-url'], verifiedBy };
}
