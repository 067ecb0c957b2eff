import { nearest } from '../control/schema/closest-match.ts';
import { BadUsage, entry } from '../options/settings.ts';
import { NAMES } from '../options/table.ts';

interface Flag {
  readonly placeholder: string;
  readonly help: string;
}

const FLAGS = {
  target: {
    placeholder: 'URL',
    help: 'the simulator, if it is not the one with the same settings, as in http://127.0.0.1:4010; may hold USER:PASSWORD@',
  },
  out: {
    placeholder: 'DIR',
    help: 'the folder of the report (default mock-veridas-report)',
  },
} as const satisfies Readonly<Record<string, Flag>>;

type FlagName = keyof typeof FLAGS;
const OWN = Object.keys(FLAGS) as FlagName[];
const isOwn = (name: string): name is FlagName => Object.hasOwn(FLAGS, name);

/** What of the command line is the report's own. */
export interface ReportFlags {
  readonly target?: string;
  readonly out: string;
  /** What is left for the settings. */
  readonly others: readonly string[];
}

/** A flag that looks like one of ours, or that somebody may take for one. */
function slip(argument: string): string[] {
  const [, name = ''] = /^--([A-Za-z0-9-]+)/.exec(argument) ?? [];
  if (name === 'report') return ['--report: is for exec; here the folder is named by --out'];
  if (name === '' || (NAMES as string[]).includes(name)) return [];
  const meant = nearest(name, [...NAMES, ...OWN]);
  return meant !== undefined && isOwn(meant) ? [`--${name}: is not a flag; did you mean --${meant}?`] : [];
}

function faultOf(name: FlagName, value: string): string[] {
  if (value === '' || value.startsWith('-'))
    return [`--${name}: has no value; write --${name} ${FLAGS[name].placeholder}`];
  if (name === 'target' && !(/^https?:\/\//.test(value) && URL.canParse(value)))
    return [`--target: "${value}" is no address; give one as in http://127.0.0.1:4010`];
  return [];
}

/**
 * What the command line of `report` says.
 *
 * @throws {BadUsage}
 */
export function readReportFlags(args: readonly string[]): ReportFlags {
  const values: Partial<Record<FlagName, string>> = {};
  const others: string[] = [];
  const faults: string[] = [];
  const left = [...args];
  for (let argument = left.shift(); argument !== undefined; argument = left.shift()) {
    const [, name = '', inline] = /^--([a-z]+)(?:=(.*))?$/s.exec(argument) ?? [];
    if (!isOwn(name)) {
      faults.push(...slip(argument));
      others.push(argument);
      continue;
    }
    const value = inline ?? (left[0]?.startsWith('-') ? '' : (left.shift() ?? ''));
    faults.push(...faultOf(name, value));
    values[name] = value;
  }
  if (faults.length > 0) throw new BadUsage(faults);
  return { out: 'mock-veridas-report', ...values, others };
}

/** What `report --help` prints. */
export const reportHelp = (): string => `\
Usage: mock-veridas report [FLAGS]

Asks a simulator that runs what has happened in it, and writes that into a folder: report.html for
people, junit.xml for CI. It changes nothing in the simulator.

Flags:
${OWN.map((name) => entry(`--${name} ${FLAGS[name].placeholder}`, FLAGS[name].help)).join('\n')}
${entry('--strict', 'exit with 1 when mistakes of the integration were found')}
${entry('--port N, --host H', 'where the simulator is, without --target')}
${entry('--admin-user U', 'who may use its control API, when it is reached from another machine')}
${entry('--admin-password P', 'the password that belongs to it')}

All the flags of the simulator are understood, and so are its environment variables and config file, as
they are what it runs with. mock-veridas --help lists them.

Exit codes:
${entry('0', 'the report is written')}
${entry('1', 'it is written and, with --strict, tells of findings')}
${entry('2', 'bad flags, wrong credentials, or a folder that cannot be written to')}
${entry('3', 'the simulator cannot be reached')}`;
