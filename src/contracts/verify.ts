import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { controlAt } from './control.ts';
import { masking, SHOWN, secretsIn } from './masking.ts';
import { type Interaction, NoPact, only, type Pact, readPact, stateFaults } from './pact.ts';
import { type Defaults, openRelay, type Relay } from './relay.ts';
import type { Report } from './report.ts';
import { type Result, resultsOf } from './results.ts';
import { findLibrary, runVerifier, VerifierFailed } from './run.ts';
import { textsAt, Unreadable } from './sources.ts';

/** The name under which contracts know the imitated service. */
const PROVIDER = 'videocall-manager';

/** Pacts that cannot be verified; each fault names the file, what is wrong and how to mend it. */
export class BadPacts extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

export interface LoadOptions {
  readonly cwd: string;
  /** Only interactions whose description or key it matches. */
  readonly filter?: RegExp | undefined;
  readonly allowUnknownStates: boolean;
  readonly allowEmpty: boolean;
}

/** The pacts that are read, and what is wrong with one. */
interface Reading {
  readonly pacts: readonly Pact[];
  readonly faults: readonly string[];
}

async function read(argument: string, { cwd, allowEmpty }: LoadOptions): Promise<Reading> {
  try {
    const texts = await textsAt(argument, cwd);
    if (texts.length === 0 && !allowEmpty)
      return { pacts: [], faults: [`${argument}: there is no .json file in this folder`] };
    const readings = texts.map(({ source, text }): Reading => {
      try {
        return { pacts: [readPact(source, text)], faults: [] };
      } catch (error) {
        if (!(error instanceof NoPact)) throw error;
        return { pacts: [], faults: [`${source}: ${error.message}`] };
      }
    });
    return {
      pacts: readings.flatMap(({ pacts }) => pacts),
      faults: readings.flatMap(({ faults }) => faults),
    };
  } catch (error) {
    if (error instanceof Unreadable) return { pacts: [], faults: [error.message] };
    throw error;
  }
}

const isWantedBy =
  (filter: RegExp) =>
  ({ description, key = '' }: Interaction): boolean =>
    filter.test(description) || filter.test(key);

function faultsOf(pact: Pact, { allowUnknownStates, allowEmpty }: LoadOptions): string[] {
  const { source, interactions } = pact;
  if (interactions.length === 0 && !allowEmpty)
    return [`${source}: has no interactions, so that it would pass whatever happens; see --allow-empty`];
  return interactions
    .flatMap((interaction) => stateFaults(interaction, allowUnknownStates))
    .map((fault) => `${source}: ${fault}`);
}

/**
 * Reads every pact that is named by a file, a folder or an address.
 *
 * @throws {BadPacts} any of them cannot be verified, or none is left
 */
export async function loadPacts(named: readonly string[], options: LoadOptions): Promise<Pact[]> {
  const readings: Reading[] = [];
  for (const argument of named) readings.push(await read(argument, options));
  const all = [
    ...new Map(readings.flatMap(({ pacts }) => pacts).map((pact) => [pact.source, pact])).values(),
  ];
  const { filter } = options;
  const faults = [
    ...readings.flatMap((reading) => reading.faults),
    ...all.flatMap((pact) => faultsOf(pact, options)),
  ];
  const chosen = filter === undefined ? all : all.map((pact) => only(pact, isWantedBy(filter)));
  const isNothing = chosen.every(({ interactions }) => interactions.length === 0);
  if (faults.length === 0 && isNothing && !options.allowEmpty)
    faults.push(
      filter === undefined
        ? 'there is nothing to verify'
        : `--filter: no interaction matches ${filter.source}`,
    );
  if (faults.length > 0) throw new BadPacts(faults);
  return chosen.filter(({ interactions }) => interactions.length > 0);
}

export interface VerifyOptions {
  /** Where the service is asked. */
  readonly url: string;
  /** Its control API. */
  readonly adminUrl: string;
  /** From where browsers load the frame. */
  readonly origin: string;
  readonly defaults: Defaults;
  readonly allowUnknownStates: boolean;
  readonly failOnPending: boolean;
  readonly showSecrets: boolean;
  /** So long may one request take, in milliseconds. */
  readonly timeout: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Told which interaction of a pact is looked at. */
  readonly onProgress: (pact: Pact, index: number) => void;
}

/** What the verifier itself does around each request. */
const PATIENCE_MS = 10_000;

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
      providerBaseUrl: options.url,
      providerStatesSetupUrl: relay.stateUrl,
      transports: [{ protocol: 'message', port: relay.port, path: relay.messagePath }],
      pactUrls: [file],
      logLevel: 'error',
      timeout: options.timeout,
    },
  });
  const mask = options.showSecrets
    ? SHOWN
    : masking([...secretsIn(pact.document), ...relay.secrets, options.defaults.client_secret ?? '']);
  return resultsOf(pact, json, observed, mask);
}

const strangers = (pacts: readonly Pact[]): string[] =>
  pacts
    .filter(({ provider }) => provider !== PROVIDER)
    .map(({ source, provider }) => `${source}: is a contract with "${provider}", not with "${PROVIDER}"`);

/**
 * Verifies pacts against a simulator that runs.
 *
 * @throws {VerifierFailed} the verifier is missing, has crashed or was stopped
 */
export async function verify(pacts: readonly Pact[], options: VerifyOptions): Promise<Report> {
  const library = findLibrary(options.cwd);
  const folder = mkdtempSync(join(tmpdir(), 'mock-veridas-verify-'));
  const { adminUrl, origin, defaults, allowUnknownStates, failOnPending } = options;
  const relay = await openRelay({ control: controlAt(adminUrl), origin, defaults, allowUnknownStates });
  try {
    const results: Result[] = [];
    for (const pact of pacts) {
      if (options.signal.aborted) throw new VerifierFailed('the verification was stopped');
      results.push(...(await verifyOne(pact, relay, { ...options, library, folder })));
    }
    return { provider: PROVIDER, results, warnings: strangers(pacts), failOnPending };
  } finally {
    await relay.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
