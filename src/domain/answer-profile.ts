import { COMMON, type ProfileAnswer, ROWS } from './early-2021.ts';

/** One kind of request for which a profile has an answer. */
export type RowName = keyof typeof ROWS;
export const ROW_NAMES = Object.keys(ROWS) as RowName[];

/** Rows whose requests a profile may grant or refuse; those of all others are always refused, or always answered so. */
export const GRANTABLE: readonly RowName[] = [
  'token',
  'token_basic',
  'token_multipart',
  'token_json',
  'token_query',
  'token_get',
  'token_scope',
  'unknown_scope',
  'grant_missing',
  'grant_unknown',
  'revoke',
  'revoke_basic',
  'revoke_again',
  'revoke_unknown',
  'revoke_foreign',
  'revoke_json',
  'revoke_query',
  'missing_slash',
];

/** What may stand between `{{` and `}}` in a header or body. */
export const PLACEHOLDERS = [
  'access_token',
  'expires_in',
  'scope',
  'client_id',
  'path',
  'query',
  'origin',
  'host',
] as const;

export type Placeholder = (typeof PLACEHOLDERS)[number];

/** How the imitated service answers whatever the guide leaves open. */
export interface AnswerProfile {
  readonly name: string;
  /** When, by what and against what it was written, if it was. */
  readonly written?: { readonly at: string; readonly by: string; readonly against: string };
  /** Headers of every answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** All scopes, in the order of the answer, separated by spaces. */
  readonly scope: string;
  /** Life of a token in seconds, unless its client has one of its own. */
  readonly expiresIn: number;
  /** What a refusal's JSON object ends with when the request has a `state`; empty when it is not repeated. */
  readonly stateMember: string;
  readonly answers: Readonly<Record<RowName, ProfileAnswer>>;
}

/** The parts of a profile that replace those of early-2021. */
export type ProfileParts = Partial<Omit<AnswerProfile, 'name' | 'answers'>> & {
  readonly name: string;
  readonly answers: Readonly<Partial<Record<RowName, ProfileAnswer | RowName>>>;
};

/** Whether a row is answered as itself, by way of others. */
export function isCircular(answers: ProfileParts['answers'], row: RowName): boolean {
  let next: unknown = row;
  for (const _ of ROW_NAMES) {
    const answer: unknown = answers[next as RowName] ?? ROWS[next as RowName].answer;
    if (typeof answer !== 'string') return false;
    next = answer;
  }
  return true;
}

/** A complete profile: what `parts` leaves out is as in early-2021. No row may be circular. */
export function createProfile({ answers, ...others }: ProfileParts): AnswerProfile {
  const find = (row: RowName): ProfileAnswer => {
    const answer = answers[row] ?? (ROWS[row].answer as ProfileAnswer | RowName);
    return typeof answer === 'string' ? find(answer) : answer;
  };
  const all = Object.fromEntries(
    ROW_NAMES.map((row) => [row, GRANTABLE.includes(row) ? find(row) : { ...find(row), accepts: false }]),
  ) as AnswerProfile['answers'];
  return { ...COMMON, ...others, answers: all };
}

/** The built-in profile. */
export const EARLY_2021: AnswerProfile = createProfile({ name: 'early-2021', answers: {} });

/** Whether a profile grants the requests of a row. */
export const isGranted = ({ answers }: AnswerProfile, row: RowName): boolean => answers[row].accepts === true;
