import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../src/cli/commands.ts';
import { listQuestions } from '../../src/cli/compare/questions.ts';
import { isRequired, PROVIDER_STATES, STATE_VALUES } from '../../src/contracts/provider-states/table.ts';
import { ROUTES } from '../../src/control/schema/routes.ts';
import { ROW_NAMES, type RowName } from '../../src/domain/answer-profile.ts';
import { describePlay, SITUATIONS, type SituationId } from '../../src/domain/coverage.ts';
import { type ProfileAnswer, ROWS } from '../../src/domain/early-2021.ts';
import { RULES } from '../../src/domain/finding.ts';
import { listVariables } from '../../src/options/environment.ts';
import { COMMAND_NAMES, GROUPS } from '../../src/options/row.ts';
import { camelCase, getRow, isList, isTakenBy, NAMES, type Name } from '../../src/options/table.ts';

const DOCS = path.join(import.meta.dirname, '../../docs');

const escapeCell = (cell: string) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
const formatTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(escapeCell).join(' | ')} |`).join('\n');
const code = (text: string) => `\`${text}\``;

/** The names under which an option can be set. */
function formatNames(name: Name): string {
  const { placeholder, short, inFile } = getRow(name);
  const flag = placeholder === undefined ? `--${name}` : `--${name} ${placeholder}`;
  return [
    code(flag),
    ...(short === undefined ? [] : [code(`-${short}`)]),
    ...listVariables(name).map(code),
    ...(isTakenBy('library', name) ? [`library ${code(camelCase(name))}`] : []),
    ...(inFile === false ? ['not in the config file'] : []),
  ].join('<br>');
}

/** The default of an option, and those of the commands that have another one. */
function formatDefault(name: Name): string {
  const { default: usual, defaultFor = {} } = getRow(name);
  if (typeof usual !== 'string' && typeof usual !== 'number') return '';
  const others = Object.entries(defaultFor).map(([taker, value]) => `, with ${taker} ${code(String(value))}`);
  return ` Default: ${code(String(usual))}${others.join('')}.`;
}

function formatOption(name: Name): string[] {
  const commands = COMMAND_NAMES.filter((command) => isTakenBy(command, name));
  const repeated = isList(name) ? ' May be repeated.' : '';
  const takers = commands.length === COMMAND_NAMES.length ? 'all' : commands.join(', ');
  return [formatNames(name), `${getRow(name).help}.${repeated}${formatDefault(name)}`, takers];
}

const formatOptions = (): string =>
  GROUPS.map((group) => {
    const rows = NAMES.filter((name) => getRow(name).group === group).map(formatOption);
    return `### ${group}\n\n${formatTable(['option', 'what it does', 'commands'], rows)}`;
  }).join('\n\n');

const formatFindings = (): string =>
  formatTable(
    ['rule', 'severity', 'guide', 'what was seen', 'how to fix it'],
    Object.entries(RULES).map(([rule, { severity, guide, title, fix }]) => [
      code(rule),
      severity,
      guide,
      title,
      fix,
    ]),
  );

const formatSituations = (): string =>
  formatTable(
    ['situation', 'guide', 'what it is', 'counts when', 'how to play it'],
    Object.entries(SITUATIONS).map(([id, { guide, title, counts }]) => [
      code(id),
      guide,
      title,
      counts,
      describePlay(id as SituationId, code),
    ]),
  );

const formatRoutes = (): string =>
  formatTable(
    ['route', 'what it does', 'body or query'],
    Object.entries(ROUTES).map(([route, definition]) => {
      const {
        summary,
        query = {},
        body = {},
      } = definition as {
        summary: string;
        query?: object;
        body?: object;
      };
      const names = [...Object.keys(body), ...Object.keys(query).map((name) => `?${name}`)];
      return [code(route), summary, names.map(code).join(', ')];
    }),
  );

const formatStates = (): string =>
  formatTable(
    ['state', 'what it sets up', 'parameters', 'values'],
    Object.entries(PROVIDER_STATES).map(([name, { summary, params, values }]) => [
      code(name),
      summary,
      Object.entries(params)
        .map(([param, schema]) => `${code(param)}${isRequired(schema) ? ' (required)' : ''}`)
        .join(', '),
      values.map((value) => code(STATE_VALUES[value](`\${${value}}`))).join(', '),
    ]),
  );

const formatExitCodes = (): string =>
  formatTable(
    ['command', 'code', 'meaning'],
    Object.entries(COMMANDS).flatMap(([command, { exitCodes }]) =>
      Object.entries(exitCodes).map(([exitCode, meaning]) => [code(command), exitCode, meaning]),
    ),
  );

/** An answer in few words. */
function formatAnswer({ status, headers = {}, body = '', accepts, event }: ProfileAnswer): string {
  const shown = [
    String(status),
    ...(accepts ? ['granted'] : []),
    ...(/^\{/.test(body) ? [code(body)] : []),
    ...(headers['www-authenticate'] ? [code(`WWW-Authenticate: ${headers['www-authenticate']}`)] : []),
    ...(headers.location ? [`to ${code(headers.location)}`] : []),
    ...(event === undefined ? [] : [`posts ${event}`]),
  ];
  return shown.join(', ');
}

const ASKED = new Set(listQuestions(false).map(({ row }) => row));
const ASKED_WITH_VALIDATION = new Set(listQuestions(true).map(({ row }) => row));
const formatAsked = (row: RowName): string =>
  ASKED.has(row) ? 'yes' : ASKED_WITH_VALIDATION.has(row) ? 'with `--validation-id`' : 'no';

const formatAnswers = (): string =>
  formatTable(
    ['row', 'when', 'answer', 'evidence', 'compare asks'],
    ROW_NAMES.map((row) => {
      const { situation, answer, evidence } = ROWS[row];
      return [
        code(row),
        situation,
        typeof answer === 'string' ? `as ${code(answer)}` : formatAnswer(answer),
        evidence === 'guide' ? 'guide 5.2, 5.3' : evidence,
        formatAsked(row),
      ];
    }),
  );

/** The generated part of each page, which stands between two comments. */
const TABLES: Readonly<Record<string, () => string>> = {
  'explanation/differences.md': formatAnswers,
  'how-to/coverage.md': formatSituations,
  'reference/options.md': formatOptions,
  'reference/findings.md': formatFindings,
  'reference/control-api.md': formatRoutes,
  'reference/exit-codes.md': formatExitCodes,
  'reference/provider-states.md': formatStates,
};
const GENERATED_PATTERN = /(?<=^<!-- generated.* -->\n\n).*?(?=\n\n<!-- end -->$)/ms;

describe('the tables of the docs', () => {
  // After a change in the source: npx vitest run docs-tables --update
  it.each(Object.entries(TABLES))('%s follows from the source', async (file, format) => {
    const page = path.join(DOCS, file);
    const text = readFileSync(page, 'utf8');
    expect(text).toMatch(GENERATED_PATTERN);
    await expect(text.replace(GENERATED_PATTERN, () => format())).toMatchFileSnapshot(page);
  });

  it('name every scenario that is shipped, and no other', () => {
    const shipped = readdirSync(path.join(DOCS, '../fixtures/scenarios')).map(
      (file) => path.parse(file).name,
    );
    const [table = ''] = readFileSync(path.join(DOCS, 'reference/scenarios.md'), 'utf8').split('\n## ', 1);
    const named = [...table.matchAll(/^\| `([\w-]+)` \|/gm)].map(([, name = '']) => name);
    expect(named.sort()).toEqual(shipped.sort());
  });
});
