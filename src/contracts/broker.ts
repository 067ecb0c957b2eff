import type { Pact } from './pact.ts';
import type { Result } from './results.ts';
import { type Found, Unreadable, whyNoAnswer } from './sources.ts';

/** Which contracts a broker is asked for, and as whom. */
export interface Broker {
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  readonly provider: string;
  readonly selectors: readonly object[];
  /** The branch of the provider, for which pacts are pending or not. */
  readonly branch?: string | undefined;
  readonly enablePending: boolean;
  readonly wipSince?: string | undefined;
}

/** As what results are published. */
export interface Publication {
  readonly version: string;
  readonly buildUrl?: string | undefined;
  /** By whom it was verified. */
  readonly verifiedBy: { readonly implementation: string; readonly version: string };
}

/** What is read of a document of the broker (HAL). */
interface Hal {
  readonly _links?: Readonly<Record<string, { readonly href?: unknown } | undefined>>;
  readonly _embedded?: { readonly pacts?: readonly Hal[] };
  readonly verificationProperties?: { readonly pending?: unknown; readonly wip?: unknown };
}

const PATIENCE_MS = 30_000;
const PACTS = 'pb:provider-pacts-for-verification';

const STATUSES: Readonly<Record<number, string>> = {
  401: 'it does not accept the credentials; see --broker-token, --broker-username and --broker-password',
  403: 'these credentials may not do that',
  404: 'it has nothing there; is this the address of a broker?',
};

/** One request of HAL; credentials go to the broker and to nobody that it links to. */
async function ask(broker: Broker, method: string, href: string, body?: unknown): Promise<Hal> {
  const url = new URL(href, broker.url);
  const isOwn = url.origin === new URL(broker.url).origin;
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        accept: 'application/hal+json, application/json',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(isOwn && broker.authorization !== undefined && { authorization: broker.authorization }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  } catch (error) {
    throw new Unreadable(`${broker.url}: the broker cannot be reached: ${whyNoAnswer(error)}`);
  }
  const text = await answer.text();
  if (!answer.ok) {
    const why = STATUSES[answer.status];
    throw new Unreadable(
      `${url}: the broker has answered ${answer.status}${why === undefined ? '' : `: ${why}`}`,
    );
  }
  try {
    return text === '' ? {} : (JSON.parse(text) as Hal);
  } catch {
    throw new Unreadable(`${url}: the broker has answered something that is not JSON`);
  }
}

/** The address of a link, with the parts of its template filled in. */
function linkOf(
  document: Hal,
  name: string,
  parts: Readonly<Record<string, string>> = {},
): string | undefined {
  const href = document._links?.[name]?.href;
  if (typeof href !== 'string') return undefined;
  return href.replace(/\{(\w+)\}/g, (_, part: string) => encodeURIComponent(parts[part] ?? ''));
}

/**
 * The contracts that the broker has for the provider to verify.
 *
 * @throws {Unreadable}
 */
export async function brokerTexts(broker: Broker): Promise<Found[]> {
  const { provider, selectors, branch, enablePending, wipSince } = broker;
  const link = linkOf(await ask(broker, 'GET', broker.url), PACTS, { provider });
  if (link === undefined)
    throw new Unreadable(`${broker.url}: has no link ${PACTS}; is this the address of a broker?`);
  const { _embedded } = await ask(broker, 'POST', link, {
    consumerVersionSelectors: selectors,
    includePendingStatus: enablePending,
    ...(branch !== undefined && { providerVersionBranch: branch }),
    ...(wipSince !== undefined && { includeWipPactsSince: wipSince }),
  });
  const texts: Found[] = [];
  for (const one of _embedded?.pacts ?? []) {
    const href = linkOf(one, 'self');
    if (href === undefined) continue;
    const { verificationProperties: { pending = false, wip = false } = {} } = one;
    const document = await ask(broker, 'GET', href);
    texts.push({
      source: String(new URL(href, broker.url)),
      text: JSON.stringify(document),
      pending: pending === true || wip === true,
    });
  }
  return texts;
}

const testResult = ({ status, description, problems, stateErrors }: Result, id: unknown) => ({
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
 * Tells the broker what came of one of its contracts; false when that contract names no place for it.
 *
 * @throws {Unreadable}
 */
export async function publish(
  broker: Broker,
  { version, buildUrl, verifiedBy }: Publication,
  { document, interactions, list }: Pact,
  results: readonly Result[],
): Promise<boolean> {
  const place = linkOf(document, 'pb:publish-verification-results');
  if (place === undefined) return false;
  const provider = linkOf(document, 'pb:provider');
  if (broker.branch !== undefined && provider !== undefined) {
    const known = await ask(broker, 'GET', provider);
    const branch = linkOf(known, 'pb:branch-version', { branch: broker.branch, version });
    if (branch !== undefined) await ask(broker, 'PUT', branch, {});
  }
  const all = document[list] as readonly { readonly _id?: unknown }[];
  await ask(broker, 'POST', place, {
    providerApplicationVersion: version,
    success: results.length === interactions.length && results.every(({ status }) => status === 'passed'),
    ...(buildUrl !== undefined && { buildUrl }),
    testResults: results.map((result, index) => testResult(result, all[index]?._id)),
    verifiedBy,
  });
  return true;
}
