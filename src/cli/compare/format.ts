import { ROWS } from '../../domain/early-2021.ts';
import { summarize } from './differences.ts';
import type { Outcome } from './interview.ts';
import type { Question } from './questions.ts';
import type { Compared, Comparison } from './result.ts';

/** The comparison as text, Markdown and JSON. */

/** What a service sends must not steer a terminal. */
export const escapeControls = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, (sign) =>
    Array.from(
      { length: sign.length },
      (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );

const HEADS = ['question', 'simulator', 'real', 'result', 'row'] as const;

const toCell = (outcome: Outcome): string => ('answer' in outcome ? summarize(outcome.answer) : outcome.none);

export const getPart = ({ row, shows }: Question): string => shows ?? row;

type Result = 'same' | 'different' | 'not asked';

function getResult({ real, differences }: Compared): Result {
  if (differences.length > 0) return 'different';
  return 'answer' in real ? 'same' : 'not asked';
}

const toRow = (one: Compared): readonly string[] =>
  [one.question.title, toCell(one.simulator), toCell(one.real), getResult(one), getPart(one.question)].map(
    escapeControls,
  );

/** Each difference once, with the rows that have it. */
export function groupDifferences(
  compared: readonly Compared[],
): (readonly [text: string, parts: readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const { question, differences } of compared)
    for (const text of differences.map(escapeControls))
      groups.set(text, [...(groups.get(text) ?? []), getPart(question)]);
  return [...groups];
}

export function count({ compared }: Comparison): Readonly<Record<Result, number>> {
  const counts = { same: 0, different: 0, 'not asked': 0 };
  for (const one of compared) counts[getResult(one)] += 1;
  return counts;
}

function formatCounts(comparison: Comparison): string {
  const { same, different, 'not asked': unasked } = count(comparison);
  const total = comparison.compared.length;
  return `${total} questions: ${same} the same, ${different} different${unasked > 0 ? `, ${unasked} not asked` : ''}`;
}

const MAX_CELL_LENGTH = 44;

const shorten = (text: string): string =>
  text.length > MAX_CELL_LENGTH ? `${text.slice(0, MAX_CELL_LENGTH - 1)}…` : text;

function formatTextTable(rows: readonly (readonly string[])[]): string[] {
  const short = rows.map((row) => row.map((cell, index) => (index === 0 ? cell : shorten(cell))));
  const widths = HEADS.map((_, index) => Math.max(...short.map((row) => row[index]?.length ?? 0)));
  return short.map((row) =>
    row
      .map((cell, index) => cell.padEnd(widths[index] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}

export const listUnexpressed = (unexpressed: readonly string[]): string[] =>
  unexpressed.map((text) => `not expressed by the profile: ${escapeControls(text)}`);

/** What follows the table. `unexpressed` is what the written profile cannot do, if one was written. */
const listRemarks = ({ observations, warnings }: Comparison, unexpressed: readonly string[]): string[] => [
  ...observations.map((text) => `also seen: ${escapeControls(text)}`),
  ...listUnexpressed(unexpressed),
  ...warnings,
];

const MAX_LISTED = 8;

/** Some rows by name; Markdown and JSON list all. */
export const listParts = (parts: readonly string[]): string =>
  parts.length > MAX_LISTED
    ? `${parts.length} rows: ${parts.slice(0, MAX_LISTED - 1).join(', ')} …`
    : parts.join(', ');

export function formatText(comparison: Comparison): string {
  const { compared } = comparison;
  const groups = groupDifferences(compared).map(([text, parts]) => `  ${text}\n    ${listParts(parts)}`);
  return [
    ...formatTextTable([HEADS, ...compared.map(toRow)]),
    ...(groups.length > 0 ? ['', 'differences, with the rows that have them:', ...groups] : []),
    '',
    ...listRemarks(comparison, []),
    formatCounts(comparison),
  ].join('\n');
}

/** Everything that could be markup becomes an entity. */
const escapeMarkdown = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[^\p{L}\p{N} .,:;()/+=-]/gu, (sign) => `&#${sign.codePointAt(0)};`);

const formatLine = (cells: readonly string[]): string => `| ${cells.map(escapeMarkdown).join(' | ')} |`;

export function formatMarkdown(comparison: Comparison, unexpressed: readonly string[]): string {
  const { compared } = comparison;
  const groups = groupDifferences(compared);
  return [
    `### mock-veridas compare: ${formatCounts(comparison)}`,
    '',
    formatLine(HEADS),
    `|${' --- |'.repeat(HEADS.length)}`,
    ...compared.map((one) => formatLine(toRow(one))),
    ...(groups.length > 0
      ? [
          '',
          formatLine(['difference', 'rows']),
          '| --- | --- |',
          ...groups.map(([text, parts]) => formatLine([text, parts.join(', ')])),
        ]
      : []),
    '',
    ...listRemarks(comparison, unexpressed).map((text) => `- ${escapeMarkdown(text)}`),
    '',
  ].join('\n');
}

const toJsonAnswer = (outcome: Outcome): object => {
  if (!('answer' in outcome)) return outcome;
  const { status, headers, body, tookMs } = outcome.answer;
  return { status, headers, body, took_ms: Math.round(tookMs) };
};

export function formatJson(
  comparison: Comparison,
  unexpressed: readonly string[],
  about: { readonly target: string; readonly profile: string; readonly at: string },
): string {
  const { compared, observations, warnings } = comparison;
  const questions = compared.map((one) => ({
    question: one.question.title,
    row: getPart(one.question),
    evidence: ROWS[one.question.row].evidence,
    result: getResult(one),
    differences: one.differences,
    simulator: toJsonAnswer(one.simulator),
    real: toJsonAnswer(one.real),
  }));
  const counts = count(comparison);
  const result = {
    ...about,
    counts: { same: counts.same, different: counts.different, not_asked: counts['not asked'] },
    questions,
    observations,
    unexpressed,
    warnings,
  };
  return `${JSON.stringify(result, null, 2).split('\n').map(escapeControls).join('\n')}\n`;
}
