import { writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { InvalidPacts, loadPacts } from '../contracts/load.ts';
import { InvalidPact, type Pact } from '../contracts/pact.ts';
import { simulatorControl } from '../contracts/provider-control.ts';
import { PROVIDER_STATES, type ProviderState } from '../contracts/provider-states/table.ts';
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
import { createFolder } from '../system/create-folder.ts';
import { type Command, describeWriteError, EXIT, print, printError } from './command.ts';
import { onStopSignal } from './stop-signals.ts';
import { readBroker, readPublication } from './verify-broker.ts';

/** The guide's placeholders, so that contracts made from its examples need no parameters. */
const DEFAULT_CREDENTIALS = { clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' };

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
  return { url, control: simulatorControl(controlAt(adminUrl)), origin: browserUrl, close };
}

async function connectTarget(address: string, defaults: Defaults): Promise<RunningTarget> {
  const target = await resolveTarget(address, defaults).catch((error) => {
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

function writeFile(flag: string, file: string, text: string, cwd: string): void {
  try {
    createFolder(dirname(resolve(cwd, file)));
    writeFileSync(resolve(cwd, file), text);
  } catch (error) {
    throw new BadUsage([`${flag}: ${describeWriteError(error)}`]);
  }
}

function writeReports(
  report: VerificationReport,
  { json, junit }: Pick<OptionsFor<'verify'>, 'json' | 'junit'>,
  cwd: string,
): void {
  if (json === '-') process.stdout.write(formatJson(report));
  (json === '-' ? printError : print)(formatText(report));
  if (json !== undefined && json !== '-') writeFile('--json', json, formatJson(report), cwd);
  if (junit !== undefined) writeFile('--junit', junit, formatJunit(report), cwd);
  for (const file of [json, junit]) {
    if (file !== undefined && file !== '-') printError(`wrote ${relative(cwd, resolve(cwd, file))}`);
  }
}

const describeState = ([name, { summary, params, values }]: [string, ProviderState]): string =>
  [
    name,
    `    ${summary}`,
    ...(Object.keys(params).length > 0 ? [`    params  ${Object.keys(params).join(', ')}`] : []),
    ...(values.length > 0 ? [`    values  ${values.map((value) => `\${${value}}`).join(', ')}`] : []),
  ].join('\n');

function parseFilter(text: string | undefined, problems: string[]): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch (error) {
    problems.push(`--filter: ${(error as Error).message}`);
    return undefined;
  }
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

/** Verifies contracts against the simulator. */
export const verify: Command = async ({ args, env, cwd }) => {
  const { options, flags, operands: named, problems: unread } = read('verify', { argv: args, env, cwd });
  const {
    target: address,
    clientId,
    clientSecret,
    validationId,
    filter: pattern,
    static: isStatic,
    timeout,
    allowUnknownStates: allowsUnknownStates,
    allowEmpty,
    listStates,
    publish,
    providerVersion,
    buildUrl,
    json,
    junit,
    failOnPending,
    showSecrets,
    ...brokerOptions
  } = options;
  const problems = [...unread, ...contradictions(flags)];
  const filter = parseFilter(pattern, problems);
  if (flags['broker-token'] && flags['broker-username'])
    problems.push('--broker-token and --broker-username exclude each other; keep one of them');
  if (named.length + problems.length === 0 && brokerOptions.brokerUrl === undefined && !listStates)
    problems.push('no pacts given; name files, folders or URLs, as in: verify pacts');
  refuse(problems);
  if (listStates) {
    print(Object.entries<ProviderState>(PROVIDER_STATES).map(describeState).join('\n'));
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
  const allowUnknownStates = isStatic || allowsUnknownStates;
  const broker = readBroker(brokerOptions, flags);
  const publication = readPublication({ publish, providerVersion, buildUrl });
  const loadOptions = { cwd, broker, filter, allowUnknownStates, allowEmpty };
  const pacts = await loadPacts(named, loadOptions).catch((error) => {
    throw error instanceof InvalidPacts ? new BadUsage(error.problems) : error;
  });
  const reportOptions = { showSecrets, failOnPending };
  if (isStatic) {
    const report = await verifyStatically(pacts, { ...reportOptions, cwd });
    writeReports(report, { json, junit }, cwd);
    if (!allowEmpty && report.results.every(({ status }) => status === 'skipped'))
      throw new BadUsage(['nothing was compared: without a server, only HTTP interactions can be']);
    return hasPassed(report) ? EXIT.good : EXIT.checkFailed;
  }
  const defaults = {
    client_id: clientId,
    client_secret: clientSecret,
    validation_id: validationId,
  };
  const target =
    address === undefined
      ? await startTarget({ clientId, clientSecret })
      : await connectTarget(address, defaults);
  const { show, done } = createProgress();
  isUnderWay = true;
  try {
    const report = await verifyPacts(pacts, {
      target,
      defaults,
      allowUnknownStates,
      ...reportOptions,
      timeout: parseTimeout(timeout) ?? 0,
      publishing: broker && publication && { broker, publication },
      env,
      cwd,
      signal: abort.signal,
      onProgress: show,
    }).catch((error) => {
      throw error instanceof InvalidPact ? new BadUsage([error.message]) : error;
    });
    done();
    writeReports(report, { json, junit }, cwd);
    return hasPassed(report) ? EXIT.good : EXIT.checkFailed;
  } finally {
    done();
    await target.close();
  }
};
