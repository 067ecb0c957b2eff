import { variablesOf } from './flags.ts';
import { isList, NAMES, type Name, settingOf } from './table.ts';

const EXIT_CODES: Record<string, string> = {
  0: 'good, or stopped by a signal',
  1: 'a check failed: a contract is broken, the server is unhealthy, a mistake was found with --strict',
  2: 'bad flags, environment, config file, scenario file or pact; every fault is printed',
  3: 'cannot listen, cannot reach the store or the server, crashed, or lacks a library',
};

const WIDTH = 100;
const INDENT = 30;

function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length < width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** `term` and beside it `text`, in as many lines as it needs. */
export const entry = (term: string, text: string): string =>
  wrapped(text, WIDTH - INDENT)
    .map((line, index) => (index === 0 ? `  ${term}  `.padEnd(INDENT) : ' '.repeat(INDENT)) + line)
    .join('\n');

const table = (rows: Record<string, string>): string =>
  Object.entries(rows)
    .map(([term, text]) => entry(term, text))
    .join('\n');

function flag(name: Name): string {
  const { help, placeholder, short, default: usual } = settingOf(name);
  const isScalar = typeof usual === 'string' || typeof usual === 'number';
  const notes = [
    ...(isList(name) ? ['may be repeated'] : []),
    ...(isScalar ? [`default ${usual}`] : []),
    ...(variablesOf(name).length > 0 ? [`env ${variablesOf(name).join(', ')}`] : []),
  ];
  const long = placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
  const term = (short === undefined ? '    ' : `-${short}, `) + long;
  return entry(term, notes.length > 0 ? `${help} (${notes.join('; ')})` : help);
}

/** What `--help` prints; `commands` are told with what they do. */
export const helpText = (commands: Record<string, string>): string => `\
mock-veridas is an offline stand-in for Veridas VideocallManager, for tests.
It is unofficial: Veridas has neither made nor approved it.

Usage: mock-veridas [COMMAND] [FLAGS]

Commands:
${table(commands)}

Flags:
${NAMES.map(flag).join('\n')}

A flag goes before its environment variable, which goes before the config file. In a variable, a
flag that may be repeated has one value a line. The config file is YAML or JSON, found in the
working directory as mock-veridas.config.yaml, .yml or .json. Its keys are the flags' names without
the hyphens in front, and clients:

    port: 4010
    clients:
      - client_id: shop
        client_secret: '...'
        environment: production           # or sandbox
        allowed_ips: [10.0.0.0/8]
        type: confidential                # or public
        grant_type: client-credentials    # or authorization-code
        scenario: manual

Exit codes:
${table(EXIT_CODES)}`;
