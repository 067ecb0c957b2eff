import { parseArgs } from 'node:util';
import { BadUsage, entry } from '../config/settings.ts';
import { parseDuration } from '../domain/time.ts';
import { nearest } from '../protocol/nearest.ts';

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
    help: 'verify a simulator that runs already, through its control API, instead of one that is started for this',
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

function targetFault(text: string | undefined): string[] {
  if (text === undefined || (/^https?:\/\//.test(text) && URL.canParse(text))) return [];
  return [`--target: "${text}" is no address; give one as in http://127.0.0.1:4010`];
}

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
  }
  const timeout = timeoutOf(values.timeout, faults);
  const filter = filterOf(values.filter, faults);
  faults.push(...targetFault(values.target));
  if (pacts.length === 0 && !switches.has('list-states') && faults.length === 0)
    faults.push('which pacts? name files, folders or addresses, as in: verify pacts');
  if (faults.length > 0) throw new BadUsage(faults);
  return { pacts, switches, values, filter, timeout };
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
