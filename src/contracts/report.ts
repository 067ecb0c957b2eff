import type { Problem, Result } from './results.ts';

/** The name under which contracts know the imitated service. */
export const PROVIDER = 'videocall-manager';

/** What came of a whole run. */
export interface Report {
  readonly provider: string;
  readonly results: readonly Result[];
  /** What was found that is no failure. */
  readonly warnings: readonly string[];
  /** A failing interaction that is pending counts as failed. */
  readonly failOnPending: boolean;
}

const STATUSES = ['passed', 'failed', 'pending', 'skipped'] as const;

const count = ({ results }: Report) =>
  Object.fromEntries(
    STATUSES.map((status) => [status, results.filter((one) => one.status === status).length]),
  ) as Record<(typeof STATUSES)[number], number>;

export const isGood = (report: Report): boolean => {
  const { failed, pending } = count(report);
  return failed === 0 && !(report.failOnPending && pending > 0);
};

export const counted = (interactions: number): string =>
  `${interactions} ${interactions === 1 ? 'interaction' : 'interactions'}`;

const MARKS = { passed: 'ok', failed: 'FAILED', pending: 'pending', skipped: 'skipped' };

const field = (name: string, value: string): string =>
  `      ${name.padEnd(9)} ${value.replaceAll('\n', `\n${' '.repeat(16)}`)}`;

const given = ({ states }: Result): string[] =>
  states.map(({ name, params }) =>
    field('given', Object.keys(params).length > 0 ? `${name} ${JSON.stringify(params)}` : name),
  );

const differing = ({ path, expected, actual, message, type }: Problem): string[] => [
  field(type === 'error' ? 'error' : 'differs', path === undefined ? message : `${path}: ${message}`),
  ...(expected === undefined ? [] : [field('expected', expected)]),
  ...(actual === undefined ? [] : [field('came', actual)]),
];

const details = (result: Result): string[] => [
  ...given(result),
  ...result.stateErrors.map((message) => field('state', message)),
  ...result.problems.flatMap(differing),
  ...result.mend.map((remedy) => field('mend', remedy)),
];

const line = (result: Result): string[] => [
  `  ${MARKS[result.status].padEnd(7)} ${result.description}${result.key === null ? '' : ` [${result.key}]`}`,
  ...(result.status === 'passed' ? [] : details(result)),
];

/** What came of it, for people. */
/** A terminal would do what these say. Ends of lines are ours. */
const CONTROLS = /(?!\n)\p{Cc}/gu;

export function asText(report: Report): string {
  const { results, warnings } = report;
  const sources = [...new Set(results.map(({ source }) => source))];
  const { passed, failed, pending, skipped } = count(report);
  const parts = [
    `${passed} passed`,
    `${failed} failed`,
    ...(pending > 0 ? [`${pending} pending`] : []),
    ...(skipped > 0 ? [`${skipped} skipped`] : []),
  ];
  return [
    ...sources.flatMap((source) => {
      const own = results.filter((one) => one.source === source);
      return [`${own[0]?.consumer} (${source})`, ...own.flatMap(line)];
    }),
    ...warnings.map((warning) => `warning: ${warning}`),
    `${counted(results.length)}: ${parts.join(', ')}`,
  ]
    .join('\n')
    .replace(CONTROLS, (character) => JSON.stringify(character).slice(1, -1));
}

/** The same for programs. */
export const asJson = (report: Report): string =>
  `${JSON.stringify(
    {
      schema: 1,
      provider: report.provider,
      success: isGood(report),
      summary: count(report),
      warnings: report.warnings,
      results: report.results.map(({ source, ...rest }) => ({ file: source, ...rest })),
    },
    null,
    2,
  )}\n`;

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** What XML 1.0 cannot hold, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

const xml = (text: string): string =>
  text.replace(NOT_IN_XML, '\ufffd').replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);

function testCase(result: Result, failOnPending: boolean): string {
  const { consumer, description, key, duration_ms, status, stateErrors, problems } = result;
  const name = key === null ? description : `${description} [${key}]`;
  const open = `    <testcase classname="${xml(consumer)}" name="${xml(name)}" time="${duration_ms / 1000}"`;
  if (status === 'passed') return `${open}/>`;
  const counts = status === 'failed' || (status === 'pending' && failOnPending);
  const tag = !counts ? 'skipped' : stateErrors.length > 0 ? 'error' : 'failure';
  const first = stateErrors[0] ?? problems[0]?.message ?? status;
  const text = tag === 'skipped' ? '' : xml(details(result).join('\n'));
  return `${open}>\n      <${tag} message="${xml(first)}">${text}</${tag}>\n    </testcase>`;
}

/** The same for what reads JUnit's XML: one suite for each consumer. */
export function asJunit({ results, failOnPending }: Report): string {
  const consumers = [...new Set(results.map(({ consumer }) => consumer))];
  const suites = consumers.map((consumer) => {
    const own = results.filter((one) => one.consumer === consumer);
    const cases = own.map((one) => testCase(one, failOnPending));
    const having = (tag: string) => cases.filter((one) => one.includes(`<${tag} message=`)).length;
    const time = own.reduce((sum, { duration_ms }) => sum + duration_ms, 0) / 1000;
    return [
      `  <testsuite name="${xml(consumer)}" tests="${own.length}" failures="${having('failure')}" errors="${having('error')}" skipped="${having('skipped')}" time="${time}">`,
      ...cases,
      '  </testsuite>',
    ].join('\n');
  });
  return ['<?xml version="1.0" encoding="UTF-8"?>', '<testsuites>', ...suites, '</testsuites>', ''].join(
    '\n',
  );
}
