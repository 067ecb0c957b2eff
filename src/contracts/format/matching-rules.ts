import { isMap } from '../../control/schema/mismatch.ts';
import { closestMatch } from '../../domain/closest-match.ts';
import { isPlaceIn } from './body-path.ts';
import { suggest } from './keys.ts';

/** Problems in matching rules. The verifier ignores those that it cannot use. */

type Fields = Readonly<Record<string, unknown>>;

/** The required and optional keys of a matcher. */
interface Matcher {
  readonly needs?: string;
  readonly takes?: readonly string[];
}

const FORMAT: Matcher = { takes: ['format', 'date', 'time', 'timestamp', 'datetime'] };
const MATCHERS: Readonly<Record<string, Matcher>> = {
  regex: { needs: 'regex' },
  equality: {},
  include: { needs: 'value' },
  type: { takes: ['min', 'max'] },
  number: {},
  integer: {},
  decimal: {},
  real: {},
  boolean: {},
  min: { needs: 'min' },
  max: { needs: 'max' },
  mintype: { needs: 'min' },
  maxtype: { needs: 'max' },
  timestamp: FORMAT,
  datetime: FORMAT,
  date: FORMAT,
  time: FORMAT,
  null: {},
  contenttype: { needs: 'value' },
  arraycontains: { needs: 'variants' },
  values: {},
  statuscode: { needs: 'status' },
  notempty: {},
  semver: {},
  eachkey: { needs: 'rules', takes: ['value', 'generator'] },
  eachvalue: { needs: 'rules', takes: ['value', 'generator'] },
};
/** Without `match`, one of these keys names the matcher. */
const IMPLIED = ['regex', 'min', 'max', 'timestamp', 'time', 'date'];

/** Matchers are written in camel case or with hyphens. */
const normalize = (name: string): string => name.replaceAll('-', '').toLowerCase();

const STATUS_CLASSES = [
  'info',
  'success',
  'redirect',
  'clientError',
  'serverError',
  'nonError',
  'error',
  'fail',
];

const isStatus = (given: unknown): boolean =>
  STATUS_CLASSES.includes(String(given)) ||
  (Array.isArray(given) && given.length > 0 && given.every((one) => Number.isInteger(one)));

function findMatcherProblem(given: unknown): string | undefined {
  if (!isMap(given)) return 'a matcher must be a map';
  const match = given.match ?? given['pact:matcher:type'];
  if (match === undefined)
    return IMPLIED.some((key) => given[key] !== undefined) ? undefined : "a matcher has no 'match'";
  const name = normalize(String(match));
  const known = MATCHERS[name];
  if (known === undefined) {
    const meant = closestMatch(name, Object.keys(MATCHERS));
    return `there is no matcher "${match}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
  }
  const { needs, takes = [] } = known;
  const own = needs === undefined ? takes : [needs, ...takes];
  const misspelt = Object.keys(given).find(
    (key) => !own.includes(key) && key !== 'match' && closestMatch(key, own) !== undefined,
  );
  if (misspelt !== undefined)
    return `matcher "${match}": '${misspelt}' is not known to Pact; did you mean '${closestMatch(misspelt, own)}'?`;
  if (needs !== undefined && given[needs] === undefined)
    return `matcher "${match}" has no '${needs}', so it matches anything`;
  if (name === 'statuscode' && !isStatus(given.status))
    return `matcher "${match}": status must be one of ${STATUS_CLASSES.join(', ')}, or a list of numbers`;
  const list = needs === 'variants' || needs === 'rules' ? given[needs] : undefined;
  if (list !== undefined && !(Array.isArray(list) && list.length > 0))
    return `matcher "${match}": ${needs} is empty, so it matches anything`;
  return needs === 'rules' ? (list as unknown[]).map(findMatcherProblem).find((one) => one) : undefined;
}

/** The problem of the matchers at one place. */
function findRuleProblem(rule: unknown): string | undefined {
  if (!isMap(rule)) return 'must be a map with matchers';
  if (rule.matchers === undefined) return findMatcherProblem(rule);
  const { matchers, combine } = rule;
  if (!Array.isArray(matchers) || matchers.length === 0) return 'has no matchers';
  if (combine !== undefined && !/^(?:and|or)$/i.test(String(combine)))
    return `combine: "${combine}" is neither AND nor OR`;
  return matchers.map(findMatcherProblem).find((one) => one !== undefined);
}

/** The values that rules can apply to. */
export interface Examples {
  readonly headers?: unknown;
  readonly metadata?: unknown;
  /** The body as JSON, if it is. */
  readonly body?: unknown;
}

const hasName = (names: unknown, wanted: string, ignoreCase: boolean): boolean =>
  isMap(names) &&
  Object.keys(names).some((name) =>
    ignoreCase ? name.toLowerCase() === wanted.toLowerCase() : name === wanted,
  );

/** Whether there is something at `place` that the verifier compares. */
function isCompared(category: string, place: string, { headers, metadata, body }: Examples): boolean {
  const name = place.replace(/^\$?\.?(?=\w)|^\$?\[["']|["']\](?:\[.*\])?$|\[\d+\]$/g, '');
  if (category === 'header') return hasName(headers, name, true);
  if (category === 'metadata') return hasName(metadata, name, false);
  return !['body', 'content'].includes(category) || body === undefined || isPlaceIn(place, body);
}

/** The rules of a part, each with its category and place, in the form of version 2 and in that of 3 and 4. */
function listRules(rules: Fields): { category: string; place: string; rule: unknown }[] {
  return Object.entries(rules).flatMap(([key, value]) => {
    if (key.startsWith('$')) {
      const [, part = '', rest = ''] = /^\$\.(\w+)(.*)$/.exec(key) ?? [];
      return [{ category: part, place: part === 'body' ? `$${rest}` : rest, rule: value }];
    }
    if (!isMap(value) || value.matchers !== undefined) return [{ category: key, place: '', rule: value }];
    return Object.entries(value).map(([place, rule]) => ({ category: key, place, rule }));
  });
}

/** Categories that can be given for a part. */
export const RULE_CATEGORIES = {
  response: ['status', 'header', 'body'],
  // The verifier takes `content` for `body`.
  message: ['body', 'metadata', 'contents', 'content'],
} as const;

/** Every rule that would be ignored, or could not fail. */
export function findRuleProblems(
  rules: unknown,
  where: string,
  categories: readonly string[],
  examples: Examples,
): string[] {
  // PHP writes an empty map as an empty list.
  if (rules === undefined || rules === null || (Array.isArray(rules) && rules.length === 0)) return [];
  if (!isMap(rules)) return [`${where} must be a map`];
  return listRules(rules).flatMap(({ category: given, place, rule }) => {
    const category = given.toLowerCase() === 'headers' ? 'header' : given.toLowerCase();
    const at = `${where}.${given}${place === '' ? '' : `["${place}"]`}`;
    if (!categories.includes(category))
      return [`${at}: '${given}' is not a category of matching rules here; ${suggest(category, categories)}`];
    const problem = findRuleProblem(rule);
    if (problem !== undefined) return [`${at}: ${problem}`];
    return isCompared(category, place, examples)
      ? []
      : [`${at}: the example has no value here, so the rule is never applied; add one`];
  });
}
