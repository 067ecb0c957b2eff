import { HOW_TO_PLAY } from '../../domain/coverage.ts';
import { formatLength, measureCall, STATE_LABELS } from '../../pages/components/format.ts';
import { formatCallName } from '../../pages/report/naming.ts';
import type { ReportSnapshot } from '../../pages/report/snapshot.ts';

/** The report as Markdown, for the summary of a job and for comments. */

/** Rows of each table; the HTML report has all. */
const MAX_ROWS = 50;

/** Everything that could be markup becomes an entity. */
const escapeMarkdown = (text: string): string =>
  text.replace(/\s+/g, ' ').replace(/[^\p{L}\p{N} .,:;()/+=-]/gu, (sign) => `&#${sign.codePointAt(0)};`);

const formatRow = (cells: readonly (string | number)[]): string =>
  `| ${cells.map((cell) => escapeMarkdown(String(cell))).join(' | ')} |`;

function formatTable<T>(
  heads: readonly string[],
  items: readonly T[],
  toCells: (item: T) => (string | number)[],
) {
  if (items.length === 0) return [];
  const more = items.length - MAX_ROWS;
  return [
    '',
    formatRow(heads),
    `|${' --- |'.repeat(heads.length)}`,
    ...items.slice(0, MAX_ROWS).map((item) => formatRow(toCells(item))),
    ...(more > 0 ? ['', `and ${more} more`] : []),
  ];
}

const formatDuration = (length: number | undefined): string =>
  length === undefined ? 'not ended' : formatLength(length);

/** The findings, what was not played, and the calls. */
export const formatMarkdown = ({ calls, findings, coverage }: ReportSnapshot, summary: string): string =>
  [
    `### mock-veridas: ${summary}`,
    ...formatTable(
      ['Finding', 'Rule', 'Client', 'Times', 'How to fix'],
      findings,
      ({ severity, title, seen, rule, client_id, times, fix }) => [
        `${severity}: ${title} (${seen})`,
        rule,
        client_id ?? 'unknown',
        times,
        fix,
      ],
    ),
    '',
    `${escapeMarkdown(`Coverage: ${coverage.played} of ${coverage.total} situations were played`)}, which means that they have reached the integration, not that it has reacted well.`,
    ...(coverage.played < coverage.total ? ['', escapeMarkdown(HOW_TO_PLAY)] : []),
    ...formatTable(
      ['Not played yet', 'Guide', 'How to play it'],
      coverage.items.filter(({ played }) => !played),
      ({ title, guide, play }) => [title, guide, play],
    ),
    ...formatTable(['Ignored', 'Reason'], coverage.ignored, ({ title, reason }) => [title, reason]),
    ...formatTable(['Call', 'Client', 'State', 'Scenario', 'Duration'], calls, (call) => [
      formatCallName(call),
      call.client_id,
      STATE_LABELS[call.state],
      call.scenario,
      formatDuration(measureCall(call)),
    ]),
    '',
    '',
  ].join('\n');
