import { formatJunitXml, type TestSuite } from './junit-xml.ts';
import type { Problem, Result } from './results.ts';

/** The name of the imitated service in contracts. */
export const PROVIDER = 'videocall-manager';

/** The result of a whole run. */
export interface VerificationReport {
  readonly provider: string;
  readonly results: readonly Result[];
  /** Notices of the broker, and what was published. */
  readonly notes: readonly string[];
  /** What needs attention but is not a failure. */
  readonly warnings: readonly string[];
  /** Failures outside the verification, such as publishing. */
  readonly failures: readonly string[];
  /** A pending interaction that fails counts as failed. */
  readonly failOnPending: boolean;
}

const STATUSES = ['passed', 'failed', 'pending', 'skipped'] as const;

const countByStatus = ({ results }: VerificationReport) =>
  Object.fromEntries(
    STATUSES.map((status) => [status, results.filter((one) => one.status === status).length]),
  ) as Record<(typeof STATUSES)[number], number>;

export const hasPassed = (report: VerificationReport): boolean => {
  const { failed, pending } = countByStatus(report);
  return failed === 0 && !(report.failOnPending && pending > 0);
};

export const formatInteractionCount = (interactions: number): string =>
  `${interactions} ${interactions === 1 ? 'interaction' : 'interactions'}`;

const MARKS = { passed: 'ok', failed: 'FAILED', pending: 'pending', skipped: 'skipped' };

const formatField = (name: string, value: string): string =>
  `      ${name.padEnd(9)} ${value.replaceAll('\n', `\n${' '.repeat(16)}`)}`;

const formatStates = ({ states }: Result): string[] =>
  states.map(({ name, params }) =>
    formatField('given', Object.keys(params).length > 0 ? `${name} ${JSON.stringify(params)}` : name),
  );

const formatProblem = ({ path, expected, actual, message, type }: Problem): string[] => [
  formatField(type === 'error' ? 'error' : 'differs', path === undefined ? message : `${path}: ${message}`),
  ...(expected === undefined ? [] : [formatField('expected', expected)]),
  ...(actual === undefined ? [] : [formatField('came', actual)]),
];

const formatDetails = (result: Result): string[] => [
  ...formatStates(result),
  ...result.stateErrors.map((message) => formatField('state', message)),
  ...result.problems.flatMap(formatProblem),
  ...result.fix.map((remedy) => formatField('fix', remedy)),
];

const formatResult = (result: Result): string[] => [
  `  ${MARKS[result.status].padEnd(7)} ${result.description}${result.key === null ? '' : ` [${result.key}]`}`,
  ...(result.status === 'passed' ? [] : formatDetails(result)),
];

/** Terminals would execute these characters. Line breaks are ours. */
const CONTROLS = /(?!\n)\p{Cc}/gu;

/** The result as text for people. */
export function formatText(report: VerificationReport): string {
  const { results, notes, warnings, failures } = report;
  const sources = [...new Set(results.map(({ source }) => source))];
  const { passed, failed, pending, skipped } = countByStatus(report);
  const parts = [
    `${passed} passed`,
    `${failed} failed`,
    ...(pending > 0 ? [`${pending} pending`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  return [
    ...sources.flatMap((source) => {
      const own = results.filter((one) => one.source === source);
      const { consumer, consumer_version: version } = own[0] ?? {};
      const name = version === undefined ? consumer : `${consumer} ${version}`;
      return [`${name} (${source})`, ...own.flatMap(formatResult)];
    }),
    ...notes.map((note) => `note: ${note}`),
    ...warnings.map((warning) => `warning: ${warning}`),
    ...failures.map((failure) => `error: ${failure}`),
    `${formatInteractionCount(results.length)}: ${parts.join(', ')}`,
  ]
    .join('\n')
    .replace(CONTROLS, (character) => JSON.stringify(character).slice(1, -1));
}

/** The result as JSON. */
export const formatJson = (report: VerificationReport): string =>
  `${JSON.stringify(
    {
      schema: 1,
      provider: report.provider,
      success: hasPassed(report),
      summary: countByStatus(report),
      notes: report.notes,
      warnings: report.warnings,
      failures: report.failures,
      results: report.results.map(({ source, ...rest }) => ({ file: source, ...rest })),
    },
    null,
    2,
  )}\n`;

function toTestCase(result: Result, failOnPending: boolean): TestSuite['cases'][number] {
  const { consumer, description, key, duration_ms, status, stateErrors, problems } = result;
  const base = {
    className: consumer,
    name: key === null ? description : `${description} [${key}]`,
    seconds: duration_ms / 1000,
  };
  if (status === 'passed') return base;
  const isCounted = status === 'failed' || (status === 'pending' && failOnPending);
  const tag = !isCounted ? 'skipped' : stateErrors.length > 0 ? 'error' : 'failure';
  const message = stateErrors[0] ?? problems[0]?.message ?? status;
  return { ...base, outcome: { tag, message, text: isCounted ? formatDetails(result).join('\n') : '' } };
}

/** The result as JUnit XML: one suite per consumer. */
export function formatJunit({ results, failOnPending }: VerificationReport): string {
  const consumers = [...new Set(results.map(({ consumer }) => consumer))];
  return formatJunitXml(
    consumers.map((name) => ({
      name,
      cases: results
        .filter(({ consumer }) => consumer === name)
        .map((result) => toTestCase(result, failOnPending)),
    })),
  );
}
