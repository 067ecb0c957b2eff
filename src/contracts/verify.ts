import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, type Publication, publish } from './broker.ts';
import { findLibrary } from './library.ts';
import { type Masking, masking, SHOWN, secretsIn } from './masking.ts';
import type { Pact } from './pact.ts';
import { type Defaults, openRelay, type Relay } from './relay.ts';
import { PROVIDER, type Report } from './report.ts';
import { type Result, resultsOf } from './results.ts';
import { runVerifier, VerifierFailed } from './run.ts';
import { fitted } from './service.ts';
import { Unreadable } from './sources.ts';
import type { Target } from './target.ts';

export interface VerifyOptions {
  readonly target: Target;
  readonly defaults: Defaults;
  readonly allowUnknownStates: boolean;
  readonly failOnPending: boolean;
  readonly showSecrets: boolean;
  /** So long may one request take, in milliseconds. */
  readonly timeout: number;
  /** Who is told what came of its contracts, and as what. */
  readonly publishing?: { readonly broker: Broker; readonly publication: Publication } | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Told which interaction of a pact is looked at. */
  readonly onProgress: (pact: Pact, index: number) => void;
}

/** What the verifier itself does around each request. */
const PATIENCE_MS = 10_000;

const maskFor = (
  { document }: Pact,
  { showSecrets, defaults }: VerifyOptions,
  more: Iterable<string> = [],
): Masking =>
  showSecrets ? SHOWN : masking([...secretsIn(document), ...more, defaults.client_secret ?? '']);

async function verifyOne(
  pact: Pact,
  relay: Relay,
  { library, folder, ...options }: VerifyOptions & { library: string; folder: string },
): Promise<Result[]> {
  const file = join(folder, 'pact.json');
  writeFileSync(file, JSON.stringify(pact.document));
  let seen = () => {};
  const observed = await relay.expect(pact, (index) => {
    seen();
    options.onProgress(pact, index);
  });
  const json = await runVerifier({
    library,
    env: options.env,
    signal: options.signal,
    patience: 2 * options.timeout + PATIENCE_MS,
    onActivity: (refresh) => {
      seen = refresh;
    },
    options: {
      provider: pact.provider,
      providerBaseUrl: options.target.url,
      providerStatesSetupUrl: relay.stateUrl,
      transports: [{ protocol: 'message', port: relay.port, path: relay.messagePath }],
      pactUrls: [file],
      logLevel: 'error',
      timeout: options.timeout,
    },
  });
  const mask = maskFor(pact, options, relay.secrets);
  return resultsOf(pact, json, observed, mask);
}

/** Tells the broker of a pact that is its own, and what keeps that from being told. */
async function told(
  pact: Pact,
  results: readonly Result[],
  { publishing }: VerifyOptions,
): Promise<string[]> {
  if (publishing === undefined || !pact.isBrokers) return [];
  try {
    const isTold = await publish(publishing.broker, publishing.publication, pact, results);
    return isTold ? [] : [`${pact.source}: the broker names no place where the result could be published`];
  } catch (error) {
    if (error instanceof Unreadable)
      throw new VerifierFailed(`the result cannot be published: ${error.message}`);
    throw error;
  }
}

const strangers = (pacts: readonly Pact[]): string[] =>
  pacts
    .filter(({ provider }) => provider !== PROVIDER)
    .map(({ source, provider }) => `${source}: is a contract with "${provider}", not with "${PROVIDER}"`);

/** Lets a simulator be as it was before the last state. What is not to be reached any more need not be. */
async function leaveNothing({ account, control }: Target): Promise<void> {
  if (account !== undefined) return;
  for (const action of ['teardown', 'setup'] as const)
    await control.applyState({ action, state: '' }).catch(() => {});
}

/**
 * Verifies pacts against a simulator that runs.
 *
 * @throws {LibraryMissing | VerifierFailed} the verifier is missing, has crashed or was stopped
 */
export async function verify(pacts: readonly Pact[], options: VerifyOptions): Promise<Report> {
  const library = findLibrary('verifier', options.cwd);
  const folder = mkdtempSync(join(tmpdir(), 'mock-veridas-verify-'));
  const { target, defaults, allowUnknownStates, failOnPending } = options;
  const { account, control, origin } = target;
  const relay = await openRelay({ control, origin, defaults, allowUnknownStates });
  try {
    const results: Result[] = [];
    const warnings = strangers(pacts);
    for (const pact of pacts) {
      if (options.signal.aborted) throw new VerifierFailed('the verification was stopped');
      const { pact: possible, skipped } =
        account === undefined ? { pact, skipped: [] } : fitted(pact, account, maskFor(pact, options));
      const isAny = possible.interactions.length > 0;
      const own = isAny ? await verifyOne(possible, relay, { ...options, library, folder }) : [];
      results.push(...own, ...skipped);
      if (skipped.length === 0) warnings.push(...(await told(pact, own, options)));
      else if (options.publishing !== undefined)
        warnings.push(`${pact.source}: not published, as not all was verified`);
    }
    return { provider: PROVIDER, results, warnings, failOnPending };
  } finally {
    await leaveNothing(target);
    await relay.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
