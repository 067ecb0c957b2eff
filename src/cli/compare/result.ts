import type { Answer } from './answer.ts';
import { findDifferences, findVaryingHeaders } from './differences.ts';
import type { Interview, Outcome } from './interview.ts';
import type { Question } from './questions.ts';

/** One question with both answers. */
export interface Compared {
  readonly question: Question;
  readonly simulator: Outcome;
  readonly real: Outcome;
  readonly differences: readonly string[];
}

export interface Comparison {
  readonly compared: readonly Compared[];
  /** What was seen of the service that is no answer to a question. */
  readonly observations: readonly string[];
  readonly varying: ReadonlySet<string>;
  /** What went wrong, for people. */
  readonly warnings: readonly string[];
}

/** Answers that take longer are worth a remark. */
const SLOW_MS = 500;

/** The answers of an interview, by question. */
export const listAnswers = ({ outcomes }: Interview): Map<Question, Answer> =>
  new Map(
    [...outcomes].flatMap(([question, outcome]) => ('answer' in outcome ? [[question, outcome.answer]] : [])),
  );

function describeTokens(tokens: readonly string[]): string[] {
  const [odd] = tokens.filter((token) => !/^[A-Za-z0-9]{30}$/.test(token));
  const isRepeated = new Set(tokens).size < tokens.length;
  return [
    ...(odd === undefined
      ? []
      : [
          `access tokens are other than 30 letters and digits: ${odd.length} characters${odd.split('.').length === 3 ? ', as of a JWT (--token-format jwt)' : ''}`,
        ]),
    ...(isRepeated
      ? ['several requests get the same access token; the simulator issues a new one each time']
      : []),
  ];
}

function describeSlowness(answers: readonly Answer[]): string[] {
  const times = answers.map(({ tookMs }) => tookMs).sort((one, other) => one - other);
  const median = times[Math.floor(times.length / 2)] ?? 0;
  return median < SLOW_MS
    ? []
    : [
        `answers are slow: half of them take more than ${(median / 1000).toFixed(1)} s; a fault with latency does that`,
      ];
}

function observe(
  { tokens, hasRefreshToken, limited }: Interview,
  answers: readonly Answer[],
  varying: ReadonlySet<string>,
): string[] {
  const [limit] = limited;
  return [
    ...describeTokens(tokens),
    ...(hasRefreshToken ? ['a refresh token was issued and is not revoked'] : []),
    ...describeSlowness(answers),
    ...(limit === undefined
      ? []
      : [
          `it limits requests: 429 ${limit.row === undefined ? 'while tokens were revoked' : `at ${limit.row}`}, asked again after ${limit.retryAfterS} s; a fault with status 429 does that`,
        ]),
    ...(answers.some(({ body }) => body.includes('\uFFFD'))
      ? ['a body has bytes that its charset does not have; they are compared and written as U+FFFD']
      : []),
    ...[...varying].map((name) => `the header ${name} is another one in each answer; it was not compared`),
  ];
}

function listWarnings({ problem, unrevoked }: Interview): string[] {
  const count = unrevoked.length;
  const tokens = count === 1 ? '1 token of this run' : `${count} tokens of this run`;
  return [
    ...(count > 0
      ? [`${tokens} could not be revoked, and will expire; issued in ${unrevoked.join(', ')}`]
      : []),
    ...(problem === undefined ? [] : [`not finished: ${problem.message}`]),
  ];
}

function compareOutcomes(
  question: Question,
  ours: Outcome,
  real: Outcome,
  varying: ReadonlySet<string>,
): string[] {
  if ('none' in real) return real.none.startsWith('no answer') ? [real.none] : [];
  return 'none' in ours
    ? [`simulator: ${ours.none}`]
    : findDifferences(question, ours.answer, real.answer, varying);
}

/** Compares the outcomes of two interviews. */
export function compareInterviews(simulator: Interview, real: Interview): Comparison {
  const answers = [...listAnswers(real).values()];
  const varying = findVaryingHeaders(answers);
  const compared = [...real.outcomes].map(([question, outcome]): Compared => {
    const ours = simulator.outcomes.get(question) ?? { none: 'not asked' };
    return {
      question,
      simulator: ours,
      real: outcome,
      differences: compareOutcomes(question, ours, outcome, varying),
    };
  });
  return {
    compared,
    observations: observe(real, answers, varying),
    varying,
    warnings: listWarnings(real),
  };
}
