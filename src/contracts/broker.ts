import type { Pact } from './pact.ts';
import { type PactSource, UnreadableSource, whyNoAnswer } from './pact-sources.ts';
import type { Result } from './results.ts';

/** Which pacts to ask a broker for, and with which credentials. */
export interface Broker {
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  readonly provider: string;
  readonly selectors: readonly object[];
  /** The branch of the provider, which decides what is pending. */
  readonly branch?: string | undefined;
  readonly enablePending: boolean;
  readonly wipSince?: string | undefined;
}

/** How results are published. */
export interface Publication {
  readonly version: string;
  readonly buildUrl?: string | undefined;
  /** The tool that verified. */
  readonly verifiedBy: { readonly implementation: string; readonly version: string };
}

/** The fields that are read of the broker's documents (HAL). */
interface Hal {
  readonly _links?: Readonly<Record<string, { readonly href?: unknown } | undefined>>;
  readonly _embedded?: { readonly pacts?: readonly Hal[] };
  readonly verificationProperties?: { readonly pending?: unknown; readonly wip?: unknown };
}

const BROKER_TIMEOUT_MS = 30_000;
const PACTS_LINK = 'pb:provider-pacts-for-verification';

const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: 'it rejected the credentials; check --broker-token, --broker-username and --broker-password',
  403: 'these credentials do not allow that',
  404: 'nothing was found there; is this the URL of a broker?',
};

/** Sends a HAL request. Credentials go to the broker only, not to other hosts that it links to. */
async function requestJson(broker: Broker, method: string, href: string, body?: unknown): Promise<Hal> {
  const url = new URL(href, broker.url);
  const isOwn = url.origin === new URL(broker.url).origin;
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      signal: AbortSignal.timeout(BROKER_TIMEOUT_MS),
      headers: {
        accept: 'application/hal+json, application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(isOwn && broker.authorization !== undefined && { authorization: broker.authorization }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new UnreadableSource(`${broker.url}: the broker cannot be reached: ${whyNoAnswer(error)}`);
  }
  const text = await answer.text();
  if (!answer.ok) {
    const why = STATUS_HINTS[answer.status];
    throw new UnreadableSource(
      `${url}: the broker answered ${answer.status}${why === undefined ? '' : `: ${why}`}`,
    );
  }
  try {
    return text === '' ? {} : (JSON.parse(text) as Hal);
  } catch {
    throw new UnreadableSource(`${url}: the broker answered something that is not JSON`);
  }
}

/** The URL of a link, with its template filled in. */
function expandLink(
  document: Hal,
  name: string,
  parts: Readonly<Record<string, string>> = {},
): string | undefined {
  const href = document._links?.[name]?.href;
  if (typeof href !== 'string') return undefined;
  return href.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(parts[part] ?? ''));
}

/**
 * The pacts that the broker has for this provider.
 *
 * @throws {UnreadableSource}
 */
export async function fetchBrokerPacts(broker: Broker): Promise<PactSource[]> {
  const { provider, selectors, branch, enablePending, wipSince } = broker;
  const link = expandLink(await requestJson(broker, 'GET', broker.url), PACTS_LINK, { provider });
  if (link === undefined)
    throw new UnreadableSource(
      `${broker.url}: the answer has no link ${PACTS_LINK}; is this the URL of a broker?`,
    );
  const { _embedded } = await requestJson(broker, 'POST', link, {
    consumerVersionSelectors: selectors,
    includePendingStatus: enablePending,
    ...(branch !== undefined && { providerVersionBranch: branch }),
    ...(wipSince !== undefined && { includeWipPactsSince: wipSince }),
  });
  const texts: PactSource[] = [];
  for (const one of _embedded?.pacts ?? []) {
    const href = expandLink(one, 'self');
    if (href === undefined) continue;
    const { verificationProperties: { pending = false, wip = false } = {} } = one;
    const document = await requestJson(broker, 'GET', href);
    texts.push({
      source: String(new URL(href, broker.url)),
      text: JSON.stringify(document),
      pending: pending === true || wip === true,
    });
  }
  return texts;
}

const toTestResult = ({ status, description, problems, stateErrors }: Result, id: unknown) => ({
  ...(typeof id === 'string' && { interactionId: id }),
  interactionDescription: description,
  success: status === 'passed',
  ...(status !== 'passed' && {
    mismatches: [
      ...stateErrors.map((text) => ({ attribute: 'state', description: text })),
      ...problems.map(({ type, path, message }) => ({
        attribute: type.replace(/Mismatch$/, '').toLowerCase(),
        ...(path !== undefined && { identifier: path }),
        description: message,
      })),
    ],
  }),
});

/**
 * Publishes the result of a pact to the broker; false when the pact has no link for it.
 *
 * @throws {UnreadableSource}
 */
export async function publishResults(
  broker: Broker,
  { version, buildUrl, verifiedBy }: Publication,
  { document, interactions, listKey }: Pact,
  results: readonly Result[],
): Promise<boolean> {
  const resultsLink = expandLink(document, 'pb:publish-verification-results');
  if (resultsLink === undefined) return false;
  const provider = expandLink(document, 'pb:provider');
  if (broker.branch !== undefined && provider !== undefined) {
    const known = await requestJson(broker, 'GET', provider);
    const branch = expandLink(known, 'pb:branch-version', { branch: broker.branch, version });
    if (branch !== undefined) await requestJson(broker, 'PUT', branch, {});
  }
  const all = document[listKey] as readonly { readonly _id?: unknown }[];
  await requestJson(broker, 'POST', resultsLink, {
    providerApplicationVersion: version,
    success: results.length === interactions.length && results.every(({ status }) => status === 'passed'),
    ...(buildUrl !== undefined && { buildUrl }),
    testResults: results.map((result, index) => toTestResult(result, all[index]?._id)),
    verifiedBy,
  });
  return true;
}
