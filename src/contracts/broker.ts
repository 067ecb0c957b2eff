import { withoutCredentials } from '../system/http.ts';
import { createMasking } from './masking.ts';
import type { Pact } from './pact.ts';
import {
  type Notice,
  type PactServer,
  type PactSource,
  UnreachableSource,
  UnreadableSource,
  whyNoAnswer,
} from './pact-sources.ts';
import type { Result } from './results.ts';

/** Which pacts to ask a broker for, and with which credentials. */
export interface Broker extends PactServer {
  readonly provider: string;
  readonly selectors: readonly object[];
  /** The branch of the provider, which decides what is pending. */
  readonly branch?: string | undefined;
  readonly tags: readonly string[];
  readonly enablePending: boolean;
  readonly wipSince?: string | undefined;
}

/** How results are published. */
export interface Publication {
  readonly version: string;
  readonly branch?: string | undefined;
  readonly tags: readonly string[];
  readonly buildUrl?: string | undefined;
  /** The tool that verified. */
  readonly verifiedBy: { readonly implementation: string; readonly version: string };
}

/** The fields that are read of the broker's documents (HAL). */
interface Hal {
  readonly _links?: Readonly<Record<string, { readonly href?: unknown } | undefined>>;
  readonly _embedded?: { readonly pacts?: readonly Hal[] };
  readonly verificationProperties?: {
    readonly pending?: unknown;
    readonly wip?: unknown;
    readonly notices?: readonly Partial<Notice>[];
  };
}

const BROKER_TIMEOUT_MS = 30_000;
const PACTS_LINK = 'pb:provider-pacts-for-verification';
const RESULTS_LINK = 'pb:publish-verification-results';

const STATUS_HINTS: Readonly<Record<number, string>> = {
  401: 'it rejected the credentials; check --broker-token, --broker-username and --broker-password',
  403: 'these credentials do not allow that',
  404: 'nothing was found there; is this the URL of a broker?',
};

const MAX_ERROR_LENGTH = 500;

/** Every text in a broker's error, whose form differs between versions. */
function listTexts(part: unknown, name = ''): string[] {
  if (typeof part === 'string') return [/^\d*$/.test(name) ? part : `${name}: ${part}`];
  if (Array.isArray(part)) return part.flatMap((one) => listTexts(one, name));
  if (typeof part !== 'object' || part === null) return [];
  const { errors, error, detail, message, title } = part as Readonly<Record<string, unknown>>;
  const own = errors ?? error ?? detail ?? message ?? title;
  if (own !== undefined) return listTexts(own);
  return Object.entries(part).flatMap(([key, value]) => listTexts(value, key));
}

function readErrors(text: string): string {
  try {
    return listTexts(JSON.parse(text)).join('; ').replace(/\s+/g, ' ').slice(0, MAX_ERROR_LENGTH);
  } catch {
    return '';
  }
}

/** The broker answered with an error. */
class Rejected extends UnreadableSource {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

function resolveLink({ url, allowsOtherOrigins }: PactServer, href: string): URL {
  if (!URL.canParse(href, url)) throw new UnreadableSource(`${url}: has a link that is not a URL`);
  const link = new URL(withoutCredentials(String(new URL(href, url))));
  const own = new URL(url).origin;
  if (link.origin !== own && !allowsOtherOrigins)
    throw new UnreadableSource(
      `${url}: links to another origin, ${link.origin}. If that is the same server, its base URL differs; ` +
        'use --allow-other-origins to follow such links with the credentials',
    );
  return link;
}

/** Sends a HAL request. */
async function requestJson(server: PactServer, method: string, href: string, body?: unknown): Promise<Hal> {
  const { url: base, authorization } = server;
  const url = resolveLink(server, href);
  const { maskText } = createMasking(authorization?.split(' ') ?? []);
  let answer: Response;
  let text: string;
  try {
    answer = await fetch(url, {
      method,
      signal: AbortSignal.timeout(BROKER_TIMEOUT_MS),
      headers: {
        accept: 'application/hal+json, application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(authorization !== undefined && { authorization }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    text = await answer.text();
  } catch (error) {
    throw new UnreachableSource(`${base}: the broker cannot be reached: ${whyNoAnswer(error)}`);
  }
  if (!answer.ok) {
    const errors = maskText(readErrors(text));
    const why = [errors, STATUS_HINTS[answer.status]].filter((one) => one !== undefined && one !== '');
    const message = [`${url}: the broker answered ${answer.status}`, ...why].join(': ');
    throw answer.status >= 500 ? new UnreachableSource(message) : new Rejected(message, answer.status);
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

async function findPactsForVerification(broker: Broker): Promise<readonly Hal[]> {
  const { url, provider, selectors, branch, tags, enablePending, wipSince } = broker;
  const link = expandLink(await requestJson(broker, 'GET', url), PACTS_LINK, { provider });
  if (link === undefined)
    throw new UnreadableSource(`${url}: the answer has no link ${PACTS_LINK}; is this the URL of a broker?`);
  try {
    const { _embedded } = await requestJson(broker, 'POST', link, {
      consumerVersionSelectors: selectors,
      includePendingStatus: enablePending,
      ...(branch !== undefined && { providerVersionBranch: branch }),
      ...(tags.length > 0 && { providerVersionTags: tags }),
      ...(wipSince !== undefined && { includeWipPactsSince: wipSince }),
    });
    return _embedded?.pacts ?? [];
  } catch (error) {
    // The broker does not know the provider yet.
    if (error instanceof Rejected && error.status === 404) return [];
    throw error;
  }
}

/** One pact of the broker. A failed download is a problem of this pact alone. */
async function fetchPact(broker: Broker, one: Hal, href: string): Promise<PactSource> {
  const { verificationProperties: { pending = false, wip = false, notices = [] } = {} } = one;
  const base = {
    source: withoutCredentials(String(new URL(href, broker.url))),
    server: broker,
    broker: {
      pending: pending === true || wip === true,
      notices: notices.map(({ when = '', text = '' }) => ({ when: String(when), text: String(text) })),
    },
  };
  try {
    return { ...base, text: JSON.stringify(await requestJson(broker, 'GET', href)) };
  } catch (error) {
    if (!(error instanceof Rejected)) throw error;
    return { ...base, text: '', problem: error.message };
  }
}

/**
 * The pacts that the broker has for this provider.
 *
 * @throws {UnreadableSource}
 */
export async function fetchBrokerPacts(broker: Broker): Promise<PactSource[]> {
  const found: PactSource[] = [];
  for (const one of await findPactsForVerification(broker)) {
    const href = expandLink(one, 'self');
    if (href !== undefined) found.push(await fetchPact(broker, one, href));
  }
  return found;
}

const toTestResult = ({ status, description, problems, stateErrors }: Result, id: string | undefined) => ({
  ...(id !== undefined && { interactionId: id }),
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

/** Whether a pact says where its results are published. */
export const isPublishable = ({ document, server }: Pact): boolean =>
  server !== undefined && expandLink(document, RESULTS_LINK) !== undefined;

/**
 * Publishes the result of a pact, and returns the URL of the stored result.
 *
 * @throws {UnreadableSource}
 */
export async function publishResults(
  { document, interactions, server }: Pact,
  { version, branch, tags, buildUrl, verifiedBy }: Publication,
  results: readonly Result[],
): Promise<string> {
  const resultsLink = expandLink(document, RESULTS_LINK);
  if (resultsLink === undefined || server === undefined)
    throw new UnreadableSource('the broker gave no URL to publish the result to');
  const provider = expandLink(document, 'pb:provider');
  if ((branch !== undefined || tags.length > 0) && provider !== undefined) {
    const known = await requestJson(server, 'GET', provider);
    const links = [
      ...(branch === undefined ? [] : [expandLink(known, 'pb:branch-version', { branch, version })]),
      ...tags.map((tag) => expandLink(known, 'pb:version-tag', { tag, version })),
    ];
    for (const link of links) if (link !== undefined) await requestJson(server, 'PUT', link, {});
  }
  const stored = await requestJson(server, 'POST', resultsLink, {
    providerApplicationVersion: version,
    success: results.length === interactions.length && results.every(({ status }) => status === 'passed'),
    ...(buildUrl !== undefined && { buildUrl }),
    testResults: results.map((result, index) => toTestResult(result, interactions[index]?.id)),
    verifiedBy,
  });
  return withoutCredentials(expandLink(stored, 'self') ?? resultsLink);
}
