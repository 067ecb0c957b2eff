import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RequestFailed } from '../control/schema/client.ts';
import { isPublishable, type Publication, publishResults } from './broker.ts';
import { findLibrary } from './library.ts';
import { createMasking, findSecrets, type Masking, NO_MASKING } from './masking.ts';
import { filterInteractions, type Interaction, InvalidPact, type Pact } from './pact.ts';
import { UnreadableSource } from './pact-sources.ts';
import { openRecorder, type Recorder } from './recorder.ts';
import { type Defaults, openRelay, type Relay } from './relay.ts';
import type { VerificationReport } from './report.ts';
import { createFailure, maskResult, type Result, toResults } from './results.ts';
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
  /** The name of the provider in its contracts. */
  readonly provider: string;
  /** How results are published, if they are. */
  readonly publication?: Publication | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Called with the interaction that is being verified. */
  readonly onProgress: (pact: Pact, index: number) => void;
}

/** The steps of the verifier around each request. */
const VERIFIER_OVERHEAD_MS = 10_000;

/** Everything that a verification holds while it runs. */
interface Run extends VerifyOptions {
  readonly library: string;
  readonly folder: string;
  readonly relay: Relay;
  readonly recorder: Recorder;
}

/** Masks every known secret of a pact, its states and the answers of the provider. */
const createMask = ({ document }: Pact, { relay, recorder, defaults }: Run): Masking => {
  const { client_id = '', client_secret = '' } = defaults;
  const basic = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
  return createMasking([
    ...findSecrets(document),
    ...relay.secrets,
    ...recorder.secrets,
    client_secret,
    basic,
  ]);
};

async function runInteractions(pact: Pact, run: Run): Promise<Result[]> {
  const { library, folder, relay, recorder, timeout, env, signal } = run;
  const file = join(folder, 'pact.json');
  writeFileSync(file, JSON.stringify(pact.document));
  let onActivity = () => {};
  const observed = await relay.expect(pact, (index) => {
    onActivity();
    run.onProgress(pact, index);
  });
  const json = await runVerifier({
    library,
    env,
    signal,
    idleTimeoutMs: 2 * timeout + VERIFIER_OVERHEAD_MS,
    onActivity: (refresh) => {
      onActivity = refresh;
    },
    options: {
      provider: pact.provider,
      providerBaseUrl: recorder.url,
      providerStatesSetupUrl: relay.stateUrl,
      transports: [{ protocol: 'message', port: relay.port, path: relay.messagePath }],
      pactUrls: [file],
      logLevel: 'error',
      timeout,
    },
  });
  const disconnectReason = recorder.getDisconnectReason() ?? relay.getDisconnectReason();
  if (disconnectReason !== undefined)
    throw new VerifierFailed(`${run.target.url} can no longer be reached: ${disconnectReason}`);
  return toResults(pact, json, observed);
}

/** Whether a failure concerns only this pact of the broker, so that the others can still be verified. */
const concernsOnePact = (error: unknown, { broker }: Pact, { signal, recorder, relay }: Run): boolean =>
  broker !== undefined &&
  !signal.aborted &&
  (recorder.getDisconnectReason() ?? relay.getDisconnectReason()) === undefined &&
  (error instanceof InvalidPact || error instanceof VerifierFailed);

/** The results of the interactions that can be verified. */
async function verifyInteractions(pact: Pact, run: Run): Promise<Result[]> {
  if (pact.interactions.length === 0) return [];
  try {
    return await runInteractions(pact, run);
  } catch (error) {
    const { message } = error as Error;
    if (concernsOnePact(error, pact, run))
      return pact.interactions.map((interaction) => createFailure(pact, interaction, [message]));
    const masked = createMask(pact, run).maskText(message);
    if (error instanceof InvalidPact) throw new InvalidPact(`${pact.source}: ${masked}`);
    if (error instanceof VerifierFailed) throw new VerifierFailed(masked);
    throw error;
  }
}

/** The result of every interaction of a pact, in its order. */
async function verifyPact(pact: Pact, run: Run): Promise<Result[]> {
  const results = new Map<Interaction, Result>();
  for (const interaction of pact.interactions)
    if (interaction.problems.length > 0)
      results.set(interaction, createFailure(pact, interaction, interaction.problems));
  const { account } = run.target;
  const valid = filterInteractions(pact, (interaction) => !results.has(interaction));
  const { pact: possible, skipped } =
    account === undefined ? { pact: valid, skipped: new Map() } : fitToAccount(valid, account);
  for (const [interaction, result] of skipped) results.set(interaction, result);
  const verified = await verifyInteractions(possible, run);
  possible.interactions.forEach((interaction, index) => {
    const result = verified[index];
    if (result !== undefined) results.set(interaction, result);
  });
  return pact.interactions.flatMap((interaction) => results.get(interaction) ?? []);
}

/** The outcome of publishing a pact's result. */
interface Published {
  readonly notes: readonly string[];
  readonly warnings: readonly string[];
  readonly failures: readonly string[];
}

async function publishResult(
  pact: Pact,
  results: readonly Result[],
  publication: Publication | undefined,
): Promise<Published> {
  const nothing = { notes: [], warnings: [], failures: [] };
  const { source } = pact;
  if (publication === undefined) return nothing;
  if (!isPublishable(pact))
    return {
      ...nothing,
      warnings: [`${source}: not published: the pact has no URL to publish its result to`],
    };
  if (results.some(({ status }) => status === 'skipped'))
    return { ...nothing, warnings: [`${source}: not published, because not everything was verified`] };
  try {
    const place = await publishResults(pact, publication, results);
    const outcome = results.every(({ status }) => status === 'passed') ? 'success' : 'failure';
    return {
      ...nothing,
      notes: [`${source}: published as ${outcome} of version ${publication.version}: ${place}`],
    };
  } catch (error) {
    if (!(error instanceof UnreadableSource)) throw error;
    return { ...nothing, failures: [`${source}: the result cannot be published: ${error.message}`] };
  }
}

/** The broker's notices for a pact: those before its verification, and those after it with this outcome. */
function listNotices({ source, broker }: Pact, isGood: boolean, isPublished: boolean): string[] {
  const occasions = [
    'before_verification',
    'after_verification',
    `after_verification:success_${isGood}_published_${isPublished}`,
  ];
  return (broker?.notices ?? [])
    .filter(({ when }) => occasions.includes(when))
    .map(({ text }) => `${source}: ${text}`);
}

const listForeignPacts = (pacts: readonly Pact[], name: string): string[] =>
  pacts
    .filter(({ provider }) => provider !== name)
    .map(({ source, provider }) => `${source}: is a contract with "${provider}", not with "${name}"`);

/** Tears down the last state. If the simulator is gone, there is nothing to tear down. */
async function resetTarget({ account, control }: Target): Promise<void> {
  if (account !== undefined) return;
  for (const action of ['teardown', 'end'] as const)
    await control.applyState({ action, state: '' }).catch(() => {});
}

/** Reserves the provider states of a simulator, because verifications would change them for each other. */
async function reserveTarget({ account, control, url }: Target): Promise<void> {
  if (account !== undefined) return;
  await control.applyState({ action: 'setup', state: '' }).catch((error: unknown) => {
    if (!(error instanceof RequestFailed)) throw error;
    const { hint } = error.details;
    throw new VerifierFailed(`${url}: ${error.message}${hint === undefined ? '' : `; ${hint}`}`);
  });
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
  const { target, defaults, allowUnknownStates, failOnPending, provider, publication } = options;
  const { control, origin, url } = target;
  const library = findLibrary('verifier', options.cwd);
  await reserveTarget(target);
  const folder = mkdtempSync(join(tmpdir(), 'mock-veridas-verify-'));
  const relay = await openRelay({ control, origin, defaults, allowUnknownStates });
  const recorder = await openRecorder(url);
  const run = { ...options, library, folder, relay, recorder };
  try {
    const results: Result[] = [];
    const messages = {
      notes: [] as string[],
      warnings: listForeignPacts(pacts, provider),
      failures: [] as string[],
    };
    for (const pact of pacts) {
      if (options.signal.aborted) throw new VerifierFailed('the verification was stopped');
      const own = await verifyPact(pact, run);
      const mask = createMask(pact, run);
      const masked = own.map((result) => maskResult(result, mask));
      results.push(...own.map((result) => maskResult(result, options.showSecrets ? NO_MASKING : mask)));
      // Secrets are shown to the caller at most, never to the broker.
      const { notes, warnings, failures } = await publishResult(pact, masked, publication);
      const isGood = own.every(({ status }) => status === 'passed');
      messages.notes.push(...listNotices(pact, isGood, notes.length > 0), ...notes);
      messages.warnings.push(...warnings);
      messages.failures.push(...failures);
    }
    return { provider, results, ...messages, failOnPending };
  } finally {
    await resetTarget(target);
    await Promise.all([relay.close(), recorder.close()]);
    rmSync(folder, { recursive: true, force: true });
  }
}
