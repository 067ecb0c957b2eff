import type { Answer } from './answer.ts';
import { findTitle, isPage } from './no-token.ts';
import type { Question } from './questions.ts';

const MAX_SHOWN_LENGTH = 120;

const shorten = (text: string): string => {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > MAX_SHOWN_LENGTH ? `${line.slice(0, MAX_SHOWN_LENGTH)}…` : line;
};

const isPageAnswer = ({ headers, body }: Answer): boolean => isPage(headers['content-type'], body);

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** What a body is, in few words. */
function describeBody(answer: Answer): string {
  const { body } = answer;
  if (body.trim() === '') return 'empty';
  if (isPageAnswer(answer)) {
    const title = findTitle(body);
    return title === undefined ? 'a web page' : `the page "${title}"`;
  }
  return shorten(body);
}

/** An answer, in few words. */
export function summarize(answer: Answer): string {
  const { status, headers, body, isToken } = answer;
  if (isToken) return `${status} token`;
  if (headers.location !== undefined && status >= 300 && status < 400)
    return `${status} to ${headers.location}`;
  const error = parseObject(body)?.error;
  return `${status} ${shorten(typeof error === 'string' ? error : describeBody(answer))}`;
}

const isSpace = (sign: string | undefined): boolean => sign !== undefined && ' \n\r\t'.includes(sign);

/** The white space around each punctuation mark of a valid JSON text. */
function findSpacing(text: string): ReadonlyMap<string, string> {
  const spacing = new Map<string, Set<string>>();
  let isQuoted = false;
  for (let i = 0; i < text.length; i += 1) {
    const sign = text[i] as string;
    if (sign === '"') isQuoted = !isQuoted;
    else if (isQuoted && sign === '\\') i += 1;
    else if (!isQuoted && ':,{}'.includes(sign)) {
      let [start, end] = [i, i + 1];
      while (isSpace(text[start - 1])) start -= 1;
      while (isSpace(text[end])) end += 1;
      const found = text.slice(start, end);
      spacing.set(sign, (spacing.get(sign) ?? new Set()).add(found));
    }
  }
  return new Map([...spacing].map(([mark, ways]) => [mark, JSON.stringify([...ways].sort().join(' or '))]));
}

/** Every mark that both texts have, with other white space. */
function compareSpacing(ours: string, theirs: string): string[] {
  const real = findSpacing(theirs);
  return [...findSpacing(ours)].flatMap(([mark, way]) =>
    (real.get(mark) ?? way) === way ? [] : [`body: spacing: simulator ${way}, real ${real.get(mark)}`],
  );
}

function compareObjects(
  simulator: Answer,
  real: Answer,
  ours: Readonly<Record<string, unknown>>,
  theirs: Readonly<Record<string, unknown>>,
): string[] {
  const show = (value: unknown) => shorten(JSON.stringify(value));
  const keys = [...new Set([...Object.keys(ours), ...Object.keys(theirs)])];
  const members = keys.flatMap((key) => {
    if (!Object.hasOwn(theirs, key)) return [`body: "${key}" is only in the simulator's: ${show(ours[key])}`];
    if (!Object.hasOwn(ours, key)) return [`body: "${key}" is only in the real one: ${show(theirs[key])}`];
    return JSON.stringify(ours[key]) === JSON.stringify(theirs[key])
      ? []
      : [`body: "${key}": simulator ${show(ours[key])}, real ${show(theirs[key])}`];
  });
  const shared = (one: object, other: object) =>
    Object.keys(one)
      .filter((key) => Object.hasOwn(other, key))
      .join(', ');
  const order = [shared(ours, theirs), shared(theirs, ours)];
  const found = [
    ...members,
    ...(order[0] === order[1] ? [] : [`body: order of the keys: simulator ${order[0]}; real ${order[1]}`]),
    ...compareSpacing(simulator.body, real.body),
  ];
  return found.length > 0
    ? found
    : [`body: text: simulator ${show(simulator.body)}, real ${show(real.body)}`];
}

function compareBodies(simulator: Answer, real: Answer): string[] {
  if (simulator.body === real.body) return [];
  const [ours, theirs] = [parseObject(simulator.body), parseObject(real.body)];
  // One that issues a token has nothing in common with one that does not.
  if (ours !== undefined && theirs !== undefined && simulator.isToken === real.isToken)
    return compareObjects(simulator, real, ours, theirs);
  const [mine, other] = [describeBody(simulator), describeBody(real)];
  return [`body: simulator ${mine}, real ${other}${mine === other ? ', with another text' : ''}`];
}

/** Headers whose values are new in nearly every answer, such as counters. */
export function findVaryingHeaders(answers: readonly Answer[]): ReadonlySet<string> {
  const values = new Map<string, string[]>();
  for (const { headers } of answers)
    for (const [name, value] of Object.entries(headers))
      values.set(name, [...(values.get(name) ?? []), value]);
  const isVarying = ([, all]: [string, string[]]) => all.length >= 6 && new Set(all).size > all.length / 2;
  return new Set([...values].filter(isVarying).map(([name]) => name));
}

/** Every difference between two answers to a question. */
export function findDifferences(
  { row }: Question,
  simulator: Answer,
  real: Answer,
  varying: ReadonlySet<string>,
): string[] {
  const isCall = row.startsWith('call');
  const status =
    simulator.status === real.status ? [] : [`status: simulator ${simulator.status}, real ${real.status}`];
  // What our pages look like is no part of the imitation.
  const isOwnPage = isCall && isPageAnswer(simulator) && isPageAnswer(real);
  const names = new Set([...Object.keys(simulator.headers), ...Object.keys(real.headers)]);
  const headers = [...names]
    .filter((name) => !varying.has(name) && (!isOwnPage || name === 'location'))
    .filter((name) => !isCall || name === 'location' || name === 'content-type')
    .flatMap((name) => {
      const [ours, theirs] = [simulator.headers[name], real.headers[name]];
      if (ours === theirs) return [];
      const show = (value: string | undefined) => (value === undefined ? 'none' : `'${shorten(value)}'`);
      return [`header ${name}: simulator ${show(ours)}, real ${show(theirs)}`];
    });
  return [...status, ...headers, ...(isOwnPage ? [] : compareBodies(simulator, real))];
}
