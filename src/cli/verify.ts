import { hostname } from 'node:os';
import { relative, resolve } from 'node:path';
import { InvalidPacts, type LoadOptions, loadPacts } from '../contracts/load.ts';
import { InvalidPact, type Pact } from '../contracts/pact.ts';
import { simulatorControl } from '../contracts/provider-control.ts';
import type { Defaults } from '../contracts/relay.ts';
import {
  formatInteractionCount,
  formatJson,
  formatJunit,
  formatText,
  hasPassed,
  type VerificationReport,
} from '../contracts/report.ts';
import { verifyStatically } from '../contracts/static.ts';
import { InvalidTarget, resolveTarget, type Target } from '../contracts/target.ts';
import { verifyPacts } from '../contracts/verify.ts';
import { controlAt } from '../control/client.ts';
import { createClientRecord, SANDBOX_CLIENT } from '../domain/client.ts';
import { startMock } from '../library/index.ts';
import { BadUsage, refuse } from '../options/bad-usage.ts';
import { parseTimeout } from '../options/command-rows.ts';
import { type Read, read } from '../options/read.ts';
import type { OptionsFor } from '../options/table.ts';
import { type Command, EXIT, print, printError, writeResult } from './command.ts';
import { formatStates } from './list-states.ts';
import { onStopSignal } from './stop-signals.ts';
import { findBrokerProblems, readBroker, readDownload, readPublication } from './verify-broker.ts';

/** The guide's placeholders, so that contracts made from its examples need no parameters. */
const DEFAULT_CREDENTIALS = { clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' };

/** Names this process among the verifications of a simulator. */
const VERIFICATION = `${process.pid}@${hostname()}`;

/** The target of a verification, until it is closed. */
type RunningTarget = Target & { close(): Promise<void> };

async function startTarget({
  clientId,
  clientSecret,
}: Pick<OptionsFor<'verify'>, 'clientId' | 'clientSecret'>): Promise<RunningTarget> {
  const client = createClientRecord({
    clientId: clientId ?? DEFAULT_CREDENTIALS.clientId,
    clientSecret: clientSecret ?? DEFAULT_CREDENTIALS.clientSecret,
  });
  const clients = [client, ...(client.clientId === SANDBOX_CLIENT.clientId ? [] : [SANDBOX_CLIENT])];
  const { url, adminUrl, browserUrl, close } = await startMock({
    clients,
    scenario: 'manual',
    logLevel: 'error',
  });
  return { url, control: simulatorControl(controlAt(adminUrl), VERIFICATION), origin: browserUrl, close };
}

async function connectTarget(address: string, defaults: Defaults): Promise<RunningTarget> {
  const target = await resolveTarget(address, defaults, VERIFICATION).catch((error) => {
    throw error instanceof InvalidTarget ? new BadUsage([`--target: ${error.message}`]) : error;
  });
  return { ...target, close: async () => {} };
}

/** Progress: one line that is overwritten in a terminal, elsewhere one line per pact. */
function createProgress(): { show(pact: Pact, index: number): void; done(): void } {
  const isLive = process.stderr.isTTY === true;
  let last: Pact | undefined;
  return {
    show(pact, index) {
      const { source, interactions } = pact;
      if (isLive) process.stderr.write(`\r\x1b[Kverifying ${source}: ${index + 1} of ${interactions.length}`);
      else if (last !== pact)
        printError(`verifying ${source}: ${formatInteractionCount(interactions.length)}`);
      last = pact;
    },
    done() {
      if (isLive) process.stderr.write('\r\x1b[K');
    },
  };
}

function writeReports(
  report: VerificationReport,
  { json, junit }: Pick<OptionsFor<'verify'>, 'json' | 'junit'>,
  cwd: string,
): void {
  if (json === '-') process.stdout.write(formatJson(report));
  (json === '-' ? printError : print)(formatText(report));
  if (json !== undefined && json !== '-') writeResult('--json', json, formatJson(report), cwd);
  if (junit !== undefined) writeResult('--junit', junit, formatJunit(report), cwd);
  for (const file of [json, junit]) {
    if (file !== undefined && file !== '-') printError(`wrote ${relative(cwd, resolve(cwd, file))}`);
  }
}

function parseFilter(text: string | undefined, problems: string[]): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch (error) {
    problems.push(`--filter: ${(error as Error).message}`);
    return undefined;
  }
}

async function load(named: readonly string[], options: LoadOptions): Promise<Pact[]> {
  return loadPacts(named, options).catch((error) => {
    throw error instanceof InvalidPacts ? new BadUsage(error.problems) : error;
  });
}

/** Flags that exclude each other. */
const contradictions = ({ static: isStatic, target, publish, filter }: Read<'verify'>['flags']): string[] => [
  ...(isStatic && (target || publish)
    ? ['--static uses no server, so it excludes --target and --publish']
    : []),
  ...(publish && filter
    ? ['--publish and --filter exclude each other: a published result covers the whole pact']
    : []),
];

/** A client is not mixed with the secret of another one. */
const readDefaults = ({
  clientId = DEFAULT_CREDENTIALS.clientId,
  clientSecret,
  validationId,
}: Partial<Pick<OptionsFor<'verify'>, 'clientId' | 'clientSecret' | 'validationId'>>): Defaults => ({
  client_id: clientId,
  client_secret:
    clientSecret ??
    (clientId === DEFAULT_CREDENTIALS.clientId ? DEFAULT_CREDENTIALS.clientSecret : undefined),
  validation_id: validationId,
});

/** The exit code of a run whose report is written. */
const exitCodeOf = (report: VerificationReport): number => {
  if (!hasPassed(report)) return EXIT.checkFailed;
  return report.failures.length > 0 ? EXIT.cannotRun : EXIT.good;
};

/** Verifies contracts against the simulator. */
export const verify: Command = async ({ args, env, cwd }) => {
  const {
    options,
    flags,
    operands: named,
    problems: unread,
  } = await read('verify', { argv: args, env, cwd });
  const {
    target: address,
    static: isStatic,
    allowEmpty,
    listStates,
    failOnPending,
    showSecrets,
    provider,
  } = options;
  const problems = [...unread, ...contradictions(flags)];
  const filter = parseFilter(options.filter, problems);
  if (unread.length === 0) problems.push(...findBrokerProblems(options, flags, named));
  if (named.length + problems.length === 0 && options.brokerUrl === undefined && !listStates)
    problems.push('no pacts given; name files, folders or URLs, as in: verify pacts');
  refuse(problems);
  if (listStates) {
    print(formatStates());
    return EXIT.good;
  }
  const abort = new AbortController();
  let isUnderWay = false;
  onStopSignal(() => {
    // Only a verification sets up states.
    if (!isUnderWay || abort.signal.aborted) process.exit(EXIT.cannotRun);
    abort.abort();
  });
  // `--static` asks no server, so it sets up no states.
  const allowUnknownStates = isStatic || options.allowUnknownStates;
  const broker = readBroker(options, flags);
  const download = readDownload(options, flags);
  const pacts = await load(named, { cwd, broker, download, filter, allowUnknownStates, allowEmpty });
  const reportOptions = { provider, showSecrets, failOnPending };
  if (isStatic) {
    const report = await verifyStatically(pacts, { ...reportOptions, cwd });
    writeReports(report, options, cwd);
    if (!allowEmpty && report.results.every(({ status }) => status === 'skipped'))
      throw new BadUsage(['nothing was compared: without a server, only HTTP interactions can be']);
    return exitCodeOf(report);
  }
  const defaults = readDefaults(options);
  const account = { ...defaults, client_id: options.clientId, client_secret: options.clientSecret };
  const target = address === undefined ? await startTarget(options) : await connectTarget(address, account);
  const { show, done } = createProgress();
  isUnderWay = true;
  try {
    const report = await verifyPacts(pacts, {
      target,
      defaults,
      allowUnknownStates,
      ...reportOptions,
      timeout: parseTimeout(options.timeout) ?? 0,
      publication: readPublication(options),
      env,
      cwd,
      signal: abort.signal,
      onProgress: show,
    }).catch((error) => {
      throw error instanceof InvalidPact ? new BadUsage([error.message]) : error;
    });
    done();
    writeReports(report, options, cwd);
    return exitCodeOf(report);
  } finally {
    done();
    await target.close();
  }
};
