import { parseArgs } from 'node:util';
import { nearest } from '../control/schema/closest-match.ts';
import { isMap } from '../control/schema/mismatch.ts';
import { parseDuration } from '../domain/time.ts';
import { BadUsage, entry } from '../options/settings.ts';

interface Flag {
  /** What its value is; a switch has none. */
  readonly placeholder?: string;
  readonly help: string;
}

const FLAGS = {
  json: { placeholder: 'FILE|-', help: 'write the result as JSON, with - to standard output' },
  junit: { placeholder: 'FILE', help: "write the result as JUnit's XML" },
  filter: { placeholder: 'REGEXP', help: 'verify only interactions whose description or key it matches' },
  'client-id': { placeholder: 'ID', help: 'the client of states that name none (default CLIENT_ID)' },
  'client-secret': { placeholder: 'SECRET', help: 'its secret (default CLIENT_SECRET)' },
  'validation-id': {
    placeholder: 'ID',
    help: 'the validation of states that name none (default VALIDATION_ID)',
  },
  target: {
    placeholder: 'URL',
    help: 'verify what runs there instead of a simulator that is started for this: a simulator, through its control API, or the real service, where states that cannot be set are skipped',
  },
  'broker-url': { placeholder: 'URL', help: 'verify what a Pact broker has for videocall-manager' },
  'broker-token': { placeholder: 'TOKEN', help: 'its bearer token (env PACT_BROKER_TOKEN)' },
  'broker-username': { placeholder: 'NAME', help: 'its user (env PACT_BROKER_USERNAME)' },
  'broker-password': { placeholder: 'PASSWORD', help: "the user's password (env PACT_BROKER_PASSWORD)" },
  selector: {
    placeholder: 'JSON',
    help: 'which consumer versions, as in {"mainBranch":true}; may be repeated (default: the latest of each)',
  },
  'provider-branch': { placeholder: 'NAME', help: 'branch of the provider that is verified' },
  'enable-pending': { help: 'let pacts fail that were never verified by that branch before' },
  'include-wip-since': {
    placeholder: 'DATE',
    help: 'verify work in progress since then, which may fail, as in 2026-01-31',
  },
  publish: { help: 'tell the broker what came of it; needs --provider-version' },
  'provider-version': { placeholder: 'VERSION', help: 'version of the provider under which that is told' },
  'build-url': { placeholder: 'URL', help: 'where the build can be looked at' },
  static: {
    help: 'compare with contracts/openapi.yaml only, without a server; needs @pactflow/openapi-pact-comparator',
  },
  timeout: { placeholder: 'TIME', help: 'so long may one request take, as in 5s (default 10s)' },
  'allow-unknown-states': { help: 'let states pass that are not known here, without doing anything' },
  'allow-empty': { help: 'let pacts pass that have no interactions' },
  'fail-on-pending': { help: 'count pending interactions that fail as failed' },
  'show-secrets': { help: 'do not mask secrets in what is printed and written' },
  'list-states': { help: 'list the provider states with their parameters and values, and do nothing else' },
} as const satisfies Readonly<Record<string, Flag>>;

type FlagName = keyof typeof FLAGS;
const NAMES = Object.keys(FLAGS) as FlagName[];
const rowOf = (name: FlagName): Flag => FLAGS[name];
const isKnown = (name: string): name is FlagName => Object.hasOwn(FLAGS, name);

/** How `verify` was called. */
export interface VerifyFlags {
  readonly pacts: readonly string[];
  readonly switches: ReadonlySet<FlagName>;
  readonly values: Readonly<Partial<Record<FlagName, string>>>;
  readonly selectors: readonly object[];
  readonly filter?: RegExp | undefined;
  /** In milliseconds. */
  readonly timeout: number;
}

const OPTIONS = Object.fromEntries(
  NAMES.map((name) => [
    name,
    { type: rowOf(name).placeholder === undefined ? ('boolean' as const) : ('string' as const) },
  ]),
);

function unknown(rawName: string): string {
  const shown = /^-*[A-Za-z0-9-]*/.exec(rawName)?.[0] ?? '';
  const meant = nearest(rawName.replace(/^-+/, ''), NAMES);
  return `${shown}: is not a flag of verify; ${meant === undefined ? 'see verify --help' : `did you mean --${meant}?`}`;
}

function faultOf(name: string, rawName: string, value: string | undefined): string | undefined {
  if (!isKnown(name)) return unknown(rawName);
  const { placeholder } = rowOf(name);
  if (placeholder === undefined) return value === undefined ? undefined : `${rawName}: takes no value`;
  // `-` alone stands for standard output.
  return value === undefined || value === '' || /^-./.test(value)
    ? `${rawName}: has no value; write ${rawName} ${placeholder}`
    : undefined;
}

const USUAL_TIMEOUT = 10_000;
const LONGEST_TIMEOUT = 3_600_000;

function timeoutOf(text: string | undefined, faults: string[]): number {
  if (text === undefined) return USUAL_TIMEOUT;
  const length = /^\d{1,7}$/.test(text) ? Number(text) : parseDuration(text);
  if (length !== undefined && length > 0 && length <= LONGEST_TIMEOUT) return length;
  faults.push(`--timeout: "${text}" is no time up to 1h; give a number and ms, s, m or h, as in 5s`);
  return USUAL_TIMEOUT;
}

function filterOf(text: string | undefined, faults: string[]): RegExp | undefined {
  try {
    return text === undefined ? undefined : new RegExp(text);
  } catch (error) {
    faults.push(`--filter: ${(error as Error).message}`);
    return undefined;
  }
}

function selectorOf(text: string, faults: string[]): object[] {
  try {
    const value: unknown = JSON.parse(text);
    if (isMap(value)) return [value];
  } catch {
    // Told below.
  }
  faults.push(`--selector: this is no JSON object; give one as in {"branch":"main"}`);
  return [];
}

const addressFault = (name: FlagName, text: string | undefined): string[] =>
  text === undefined || (/^https?:\/\//.test(text) && URL.canParse(text))
    ? []
    : [`--${name}: "${text}" is no address; give one as in http://127.0.0.1:4010`];

/** Flags that mean something only where another is. */
const NEEDS: Readonly<Partial<Record<FlagName, FlagName>>> = {
  'broker-token': 'broker-url',
  'broker-username': 'broker-url',
  'broker-password': 'broker-url',
  selector: 'broker-url',
  'provider-branch': 'broker-url',
  'include-wip-since': 'enable-pending',
  'enable-pending': 'provider-branch',
  publish: 'provider-version',
  'provider-version': 'broker-url',
  'build-url': 'publish',
};

const lonely = (given: ReadonlySet<string>): string[] =>
  Object.entries(NEEDS)
    .filter(([name, needed]) => given.has(name) && !given.has(needed))
    .map(([name, needed]) => `--${name}: needs --${needed} as well`);

/**
 * What the command line of `verify` says.
 *
 * @throws {BadUsage}
 */
export function readVerifyFlags(args: readonly string[]): VerifyFlags {
  const { tokens } = parseArgs({
    args: [...args],
    options: OPTIONS,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const faults: string[] = [];
  const selectors: object[] = [];
  const pacts: string[] = [];
  const switches = new Set<FlagName>();
  const values: Partial<Record<FlagName, string>> = {};
  for (const token of tokens) {
    if (token.kind === 'positional') pacts.push(token.value);
    if (token.kind !== 'option') continue;
    const { name, rawName, value } = token;
    const fault = faultOf(name, rawName, value);
    if (fault !== undefined) faults.push(fault);
    else if (isKnown(name) && value === undefined) switches.add(name);
    else if (isKnown(name) && value !== undefined) values[name] = value;
    if (name === 'selector' && value !== undefined) selectors.push(...selectorOf(value, faults));
  }
  const timeout = timeoutOf(values.timeout, faults);
  const filter = filterOf(values.filter, faults);
  faults.push(...addressFault('target', values.target), ...addressFault('broker-url', values['broker-url']));
  if (switches.has('static') && (values.target !== undefined || switches.has('publish')))
    faults.push('--static asks no server: it goes neither with --target nor with --publish');
  if (switches.has('publish') && values.filter !== undefined)
    faults.push('--publish and --filter exclude each other: what is published stands for the whole pact');
  faults.push(...lonely(new Set([...switches, ...Object.keys(values)])));
  if (
    pacts.length === 0 &&
    values['broker-url'] === undefined &&
    !switches.has('list-states') &&
    faults.length === 0
  )
    faults.push('which pacts? name files, folders or addresses, as in: verify pacts');
  if (faults.length > 0) throw new BadUsage(faults);
  return { pacts, switches, values, selectors, filter, timeout };
}

/** What `verify --help` prints. */
export const verifyHelp = (): string => `\
Usage: mock-veridas verify PACT... [FLAGS]

Holds contracts (Pact, versions 1 to 4) against the simulator: requests, answers, and the events that
the frame posts. PACT is a file, a folder with .json files, or an http(s) address. It needs
@pact-foundation/pact-core 19, and nothing from the network.

Flags:
${NAMES.map((name) => entry(`--${[name, rowOf(name).placeholder].filter(Boolean).join(' ')}`, rowOf(name).help)).join('\n')}

Exit codes:
${entry('0', 'every contract is kept')}
${entry('1', 'one is broken')}
${entry('2', 'bad flags or pacts, unknown states, nothing to verify')}
${entry('3', 'the verifier is missing or has crashed, or was stopped')}`;
