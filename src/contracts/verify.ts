import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Broker, type Publication, publishResults } from './broker.ts';
import { findLibrary } from './library.ts';
import { createMasking, findSecrets, type Masking, NO_MASKING } from './masking.ts';
import type { Pact } from './pact.ts';
import { UnreadableSource } from './pact-sources.ts';
import { type Defaults, openRelay, type Relay } from './relay.ts';
import { PROVIDER, type VerificationReport } from './report.ts';
import { type Result, toResults } from './results.ts';
import { runVerifier, VerifierFailed } from './run-verifier.ts';
import { fitToAccount } from './service.ts';
import type { Target } from './target.ts';

export interface VerifyOptions {
  readonly target: Target;
  readonly defaults: Defaults;
  readonly allowUnknownStates: boolean;
  readonly failOnPending: boolean;
  readonly showSecrets: boolean;
  /** Timeout of one request, in milliseconds. */
  readonly timeout: number;
  /** The broker to publish results to, and how. */
  readonly publishing?: { readonly broker: Broker; readonly publication: Publication } | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Called with the interaction that is being verified. */
  readonly onProgress: (pact: Pact, index: number) => void;
}

/** The steps of the verifier around each request. */
const VERIFIER_OVERHEAD_MS = 10_000;

const createMask = (
  { document }: Pact,
  { showSecrets, defaults }: VerifyOptions,
  more: Iterable<string> = [],
): Masking =>
  showSecrets ? NO_MASKING : createMasking([...findSecrets(document), ...more, defaults.client_secret ?? '']);

async function verifyPact(
  pact: Pact,
  relay: Relay,
  { library, folder, ...options }: VerifyOptions & { library: string; folder: string },
): Promise<Result[]> {
  const file = join(folder, 'pact.json');
  writeFileSync(file, JSON.stringify(pact.document));
  let onActivity = () => {};
  const observed = await relay.expect(pact, (index) => {
    onActivity();
    options.onProgress(pact, index);
  });
  const json = await runVerifier({
    library,
    env: options.env,
    signal: options.signal,
    idleTimeoutMs: 2 * options.timeout + VERIFIER_OVERHEAD_MS,
    onActivity: (refresh) => {
      onActivity = refresh;
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
  const mask = createMask(pact, options, relay.secrets);
  return toResults(pact, json, observed, mask);
}

/** Publishes the result of a pact to its broker; returns why that failed, if so. */
async function publishResult(
  pact: Pact,
  results: readonly Result[],
  { publishing }: VerifyOptions,
): Promise<string[]> {
  if (publishing === undefined || !pact.isFromBroker) return [];
  try {
    const isPublished = await publishResults(publishing.broker, publishing.publication, pact, results);
    return isPublished ? [] : [`${pact.source}: the broker gave no URL to publish the result to`];
  } catch (error) {
    if (error instanceof UnreadableSource)
      throw new VerifierFailed(`the result cannot be published: ${error.message}`);
    throw error;
  }
}

const listForeignPacts = (pacts: readonly Pact[]): string[] =>
  pacts
    .filter(({ provider }) => provider !== PROVIDER)
    .map(({ source, provider }) => `${source}: is a contract with "${provider}", not with "${PROVIDER}"`);

/** Tears down the last state. If the simulator is gone, there is nothing to tear down. */
async function resetTarget({ account, control }: Target): Promise<void> {
  if (account !== undefined) return;
  for (const action of ['teardown', 'setup'] as const)
    await control.applyState({ action, state: '' }).catch(() => {});
}

/**
 * Verifies pacts against a running simulator.
 *
 * @throws {LibraryMissing | VerifierFailed} the verifier is missing, has crashed or was stopped
 */
export async function verifyPacts(
  pacts: readonly Pact[],
  options: VerifyOptions,
): Promise<VerificationReport> {
  const library = findLibrary('verifier', options.cwd);
  const folder = mkdtempSync(join(tmpdir(), 'mock-veridas-verify-'));
  const { target, defaults, allowUnknownStates, failOnPending } = options;
  const { account, control, origin } = target;
  const relay = await openRelay({ control, origin, defaults, allowUnknownStates });
  try {
    const results: Result[] = [];
    const warnings = listForeignPacts(pacts);
    for (const pact of pacts) {
      if (options.signal.aborted) throw new VerifierFailed('the verification was stopped');
      const { pact: possible, skipped } =
        account === undefined
          ? { pact, skipped: [] }
          : fitToAccount(pact, account, createMask(pact, options));
      const hasInteractions = possible.interactions.length > 0;
      const own = hasInteractions ? await verifyPact(possible, relay, { ...options, library, folder }) : [];
      results.push(...own, ...skipped);
      if (skipped.length === 0) warnings.push(...(await publishResult(pact, own, options)));
      else if (options.publishing !== undefined)
        warnings.push(`${pact.source}: not published, because not everything was verified`);
    }
    return { provider: PROVIDER, results, warnings, failOnPending };
  } finally {
    await resetTarget(target);
    await relay.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
