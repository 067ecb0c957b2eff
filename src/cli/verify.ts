import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { BadPacts, loadPacts } from '../contracts/load.ts';
import { NoPact, type Pact } from '../contracts/pact.ts';
import { simulatorControl } from '../contracts/provider-control.ts';
import { STATES, type State } from '../contracts/provider-states/table.ts';
import type { Defaults } from '../contracts/relay.ts';
import { asJson, asJunit, asText, counted, isGood, type Report } from '../contracts/report.ts';
import { verifyStatically } from '../contracts/static.ts';
import { NoTarget, type Target, targetAt } from '../contracts/target.ts';
import { verify as verifyPacts } from '../contracts/verify.ts';
import { controlAt } from '../control/client.ts';
import { newClient, SANDBOX_CLIENT } from '../domain/client.ts';
import { startMock } from '../library/index.ts';
import { BadUsage, refuse } from '../options/bad-usage.ts';
import { timeoutOf } from '../options/command-rows.ts';
import { type Read, read } from '../options/read.ts';
import type { OptionsFor } from '../options/table.ts';
import { type Command, complain, EXIT, onStopSignal, print } from './command.ts';
import { brokerOf, publicationOf } from './verify-broker.ts';

/** The guide's own placeholders, so that contracts made of its examples need no parameters. */
const USUAL = { clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' };

/** What contracts are held against, for as long as that is needed. */
type Running = Target & { close(): Promise<void> };

async function started({
  clientId,
  clientSecret,
}: Pick<OptionsFor<'verify'>, 'clientId' | 'clientSecret'>): Promise<Running> {
  const client = newClient({
    clientId: clientId ?? USUAL.clientId,
    clientSecret: clientSecret ?? USUAL.clientSecret,
  });
  const clients = [client, ...(client.clientId === SANDBOX_CLIENT.clientId ? [] : [SANDBOX_CLIENT])];
  const { url, adminUrl, browserUrl, close } = await startMock({
    clients,
    scenario: 'manual',
    logLevel: 'error',
  });
  return { url, control: simulatorControl(controlAt(adminUrl)), origin: browserUrl, close };
}

async function running(address: string, defaults: Defaults): Promise<Running> {
  const target = await targetAt(address, defaults).catch((error) => {
    throw error instanceof NoTarget ? new BadUsage([`--target: ${error.message}`]) : error;
  });
  return { ...target, close: async () => {} };
}

/** The same line over and over at a terminal, elsewhere a line for each pact. */
function progress(): { show(pact: Pact, index: number): void; done(): void } {
  const isLive = process.stderr.isTTY === true;
  let last: Pact | undefined;
  return {
    show(pact, index) {
      const { source, interactions } = pact;
      if (isLive) process.stderr.write(`\r\x1b[Kverifying ${source}: ${index + 1} of ${interactions.length}`);
      else if (last !== pact) complain(`verifying ${source}: ${counted(interactions.length)}`);
      last = pact;
    },
    done() {
      if (isLive) process.stderr.write('\r\x1b[K');
    },
  };
}

function write(flag: string, file: string, text: string, cwd: string): void {
  try {
    mkdirSync(dirname(resolve(cwd, file)), { recursive: true });
    writeFileSync(resolve(cwd, file), text);
  } catch (error) {
    throw new BadUsage([`${flag}: ${(error as Error).message}`]);
  }
}

function tell(
  report: Report,
  { json, junit }: Pick<OptionsFor<'verify'>, 'json' | 'junit'>,
  cwd: string,
): void {
  if (json === '-') process.stdout.write(asJson(report));
  (json === '-' ? complain : print)(asText(report));
  if (json !== undefined && json !== '-') write('--json', json, asJson(report), cwd);
  if (junit !== undefined) write('--junit', junit, asJunit(report), cwd);
  for (const file of [json, junit]) {
    if (file !== undefined && file !== '-') complain(`wrote ${relative(cwd, resolve(cwd, file))}`);
  }
}

const described = ([name, { summary, params, values }]: [string, State]): string =>
  [
    name,
    `    ${summary}`,
    ...(Object.keys(params).length > 0 ? [`    params  ${Object.keys(params).join(', ')}`] : []),
    ...(values.length > 0 ? [`    values  ${values.map((value) => `\${${value}}`).join(', ')}`] : []),
  ].join('\n');

function filterOf(text: string | undefined, faults: string[]): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch (error) {
    faults.push(`--filter: ${(error as Error).message}`);
    return undefined;
  }
}

/** Flags that exclude each other. */
const contradictions = ({ static: isStatic, target, publish, filter }: Read<'verify'>['flags']): string[] => [
  ...(isStatic && (target || publish)
    ? ['--static asks no server: it goes neither with --target nor with --publish']
    : []),
  ...(publish && filter
    ? ['--publish and --filter exclude each other: what is published stands for the whole pact']
    : []),
];

/** Holds contracts against the simulator. */
export const verify: Command = async ({ args, env, cwd }) => {
  const { options, flags, operands: named, faults: unread } = read('verify', { argv: args, env, cwd });
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
  const faults = [...unread, ...contradictions(flags)];
  const filter = filterOf(pattern, faults);
  if (flags['broker-token'] && flags['broker-username'])
    faults.push('--broker-token and --broker-username exclude each other; keep one of them');
  if (named.length + faults.length === 0 && brokerOptions.brokerUrl === undefined && !listStates)
    faults.push('which pacts? name files, folders or addresses, as in: verify pacts');
  refuse(faults);
  if (listStates) {
    print(Object.entries<State>(STATES).map(described).join('\n'));
    return EXIT.good;
  }
  const stopping = new AbortController();
  let isUnderWay = false;
  onStopSignal(() => {
    // Only a verification has something to put in order first.
    if (!isUnderWay || stopping.signal.aborted) process.exit(EXIT.cannotRun);
    stopping.abort();
  });
  // Where nobody is asked, no state is brought about.
  const allowUnknownStates = isStatic || allowsUnknownStates;
  const broker = brokerOf(brokerOptions, flags);
  const publication = publicationOf({ publish, providerVersion, buildUrl });
  const asked = { cwd, broker, filter, allowUnknownStates, allowEmpty };
  const pacts = await loadPacts(named, asked).catch((error) => {
    throw error instanceof BadPacts ? new BadUsage(error.faults) : error;
  });
  const telling = { showSecrets, failOnPending };
  if (isStatic) {
    const report = await verifyStatically(pacts, { ...telling, cwd });
    tell(report, { json, junit }, cwd);
    if (!allowEmpty && report.results.every(({ status }) => status === 'skipped'))
      throw new BadUsage(['nothing was compared: only interactions over HTTP can be, without a server']);
    return isGood(report) ? EXIT.good : EXIT.checkFailed;
  }
  const defaults = {
    client_id: clientId,
    client_secret: clientSecret,
    validation_id: validationId,
  };
  const target =
    address === undefined ? await started({ clientId, clientSecret }) : await running(address, defaults);
  const { show, done } = progress();
  isUnderWay = true;
  try {
    const report = await verifyPacts(pacts, {
      target,
      defaults,
      allowUnknownStates,
      ...telling,
      timeout: timeoutOf(timeout) ?? 0,
      publishing: broker && publication && { broker, publication },
      env,
      cwd,
      signal: stopping.signal,
      onProgress: show,
    }).catch((error) => {
      throw error instanceof NoPact ? new BadUsage([error.message]) : error;
    });
    done();
    tell(report, { json, junit }, cwd);
    return isGood(report) ? EXIT.good : EXIT.checkFailed;
  } finally {
    done();
    await target.close();
  }
};
