/** JUnit XML, which every CI reads. */

/** The outcome of a test that has not passed. */
interface Outcome {
  readonly tag: 'failure' | 'error' | 'skipped';
  /** Not every reader of JUnit accepts it for a skipped test. */
  readonly message?: string;
  readonly text: string;
}

interface TestCase {
  readonly className: string;
  readonly name: string;
  readonly seconds: number;
  readonly outcome?: Outcome | undefined;
}

/** Tests that belong together. */
export interface TestSuite {
  readonly name: string;
  readonly properties?: readonly (readonly [name: string, value: string])[];
  readonly cases: readonly TestCase[];
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

/** Characters that XML 1.0 cannot contain, not even escaped. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to find
const NOT_IN_XML = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Cs}/gu;

const escapeXml = (text: string): string =>
  text.replace(NOT_IN_XML, '\ufffd').replace(/[&<>"]/g, (sign) => ESCAPES[sign] ?? sign);

function formatTestCase({ className, name, seconds, outcome }: TestCase): string {
  const open = `    <testcase classname="${escapeXml(className)}" name="${escapeXml(name)}" time="${seconds}"`;
  if (outcome === undefined) return `${open}/>`;
  const { tag, message, text } = outcome;
  const attribute = message === undefined ? '' : ` message="${escapeXml(message)}"`;
  return `${open}>\n      <${tag}${attribute}>${escapeXml(text)}</${tag}>\n    </testcase>`;
}

const formatProperty = ([name, value]: readonly [string, string]): string =>
  `      <property name="${escapeXml(name)}" value="${escapeXml(value)}"/>`;

function formatTestSuite({ name, properties = [], cases }: TestSuite): string {
  const countByTag = (tag: Outcome['tag']) => cases.filter(({ outcome }) => outcome?.tag === tag).length;
  const milliseconds = cases.reduce((sum, { seconds }) => sum + seconds * 1000, 0);
  const time = Math.round(milliseconds) / 1000;
  return [
    `  <testsuite name="${escapeXml(name)}" tests="${cases.length}" failures="${countByTag('failure')}" errors="${countByTag('error')}" skipped="${countByTag('skipped')}" time="${time}">`,
    ...(properties.length === 0
      ? []
      : ['    <properties>', ...properties.map(formatProperty), '    </properties>']),
    ...cases.map(formatTestCase),
    '  </testsuite>',
  ].join('\n');
}

/** The document with the results of `suites`. */
export const formatJunitXml = (suites: readonly TestSuite[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<testsuites>',
    ...suites.map(formatTestSuite),
    '</testsuites>',
    '',
  ].join('\n');
