import type { Static } from 'typebox';
import * as Type from 'typebox';
import {
  type AnswerProfile,
  createProfile,
  GRANTABLE,
  isCircular,
  PLACEHOLDERS,
  ROW_NAMES,
  type RowName,
} from '../../domain/answer-profile.ts';
import { closestMatch } from '../../domain/closest-match.ts';
import type { ProfileAnswer } from '../../domain/early-2021.ts';
import { ERROR_CODES } from '../../guide/events.ts';
import type { Format, Mismatch, Path } from './mismatch.ts';

const NO_EXTRA_KEYS = { additionalProperties: false };
const MAX_BODY_LENGTH = 100_000;
const MAX_LIFETIME = 31_536_000;

const text = (title: string, maxLength = 1000) =>
  Type.String({ title, description: `text of at most ${maxLength} characters`, maxLength });

const Answer = Type.Object(
  {
    status: Type.Integer({
      minimum: 200,
      maximum: 599,
      title: 'status',
      description: 'a number from 200 to 599',
    }),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.Union([Type.String(), Type.Null()]), {
        title: 'map of headers',
        description: 'names in lower case with a text, or null to leave a common header out',
      }),
    ),
    body: Type.Optional(text('body', MAX_BODY_LENGTH)),
    accepts: Type.Optional(Type.Boolean({ title: 'accepts', description: 'true or false' })),
    event: Type.Optional(
      Type.Enum(ERROR_CODES, { title: 'event', description: 'an error event; leave it out for none' }),
    ),
  },
  {
    ...NO_EXTRA_KEYS,
    title: 'answer',
    description: 'a map with status, or the name of the row that is answered alike',
  },
);

/** Made once: there are many rows. */
const Row = Type.Optional(
  Type.Union([Type.Enum(ROW_NAMES, { title: 'row', description: 'the name of a row' }), Answer], {
    title: 'answer',
    description: 'a map with status, or the name of the row that is answered alike',
  }),
);

const schema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: Type.String({
      pattern: '^[\\w.-]{1,64}$',
      title: 'profile name',
      description: 'up to 64 letters, digits, dots, hyphens and underscores',
    }),
    written: Type.Optional(
      Type.Object(
        { at: text('time'), by: text('version'), against: text('service') },
        { ...NO_EXTRA_KEYS, title: 'origin', description: 'a map with at, by and against' },
      ),
    ),
    headers: Type.Optional(
      Type.Record(Type.String(), Type.String(), {
        title: 'map of headers',
        description: 'names in lower case with a text; they are sent with every answer',
      }),
    ),
    scope: Type.Optional(text('scope')),
    expires_in: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: MAX_LIFETIME,
        title: 'lifetime of tokens',
        description: `whole seconds from 1 to ${MAX_LIFETIME}, a year`,
      }),
    ),
    state_member: Type.Optional(
      Type.String({
        maxLength: 200,
        title: 'state member',
        description: `text such as ', "state": {{state}}', or '' when the state is not repeated`,
      }),
    ),
    answers: Type.Object(
      Object.fromEntries(ROW_NAMES.map((row) => [row, Row])) as Record<RowName, typeof Row>,
      { ...NO_EXTRA_KEYS, title: 'list of answers', description: 'a map of answers by row' },
    ),
  },
  { ...NO_EXTRA_KEYS, title: 'answer profile', description: 'a map with name and answers' },
);

/** A profile as a file writes it. */
export type WrittenProfile = Static<typeof schema>;

/** Headers that the server sets by itself, or that would promise what it does not send. */
export const OWN_HEADERS = [
  'connection',
  'content-encoding',
  'content-length',
  'date',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** Placeholders in `given` that do not exist. */
const findUnknownPlaceholders = (given: string): string[] =>
  [...given.matchAll(/\{\{(\w+)\}\}/g)]
    .map(([, name = '']) => name)
    .filter((name) => !(PLACEHOLDERS as readonly string[]).includes(name))
    .map((name) => {
      const meant = closestMatch(name, PLACEHOLDERS);
      const help =
        meant === undefined ? `there are ${PLACEHOLDERS.join(', ')}` : `did you mean {{${meant}}}?`;
      return `{{${name}}} is no placeholder; ${help}`;
    });

function describeHeader(name: string, value: unknown): string[] {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name))
    return [`'${name}' is not the name of a header in lower case`];
  if (OWN_HEADERS.includes(name)) return [`${name}: the server sets this by itself; leave it out`];
  if (typeof value !== 'string') return [];
  if (/[^\t -~\x80-\xff]/.test(value)) return [`${name}: a header cannot contain line breaks and the like`];
  return findUnknownPlaceholders(value).map((message) => `${name}: ${message}`);
}

const checkHeaders = (headers: Readonly<Record<string, unknown>> = {}, path: Path): Mismatch[] =>
  Object.entries(headers).flatMap(([name, value]) =>
    describeHeader(name, value).map((message) => ({ path: [...path, name], at: 'key' as const, message })),
  );

function checkAnswer(row: RowName, answer: ProfileAnswer, path: Path): Mismatch[] {
  const { status, headers, body, accepts, event } = answer;
  const blame = (key: string, message: string): Mismatch => ({
    path: [...path, key],
    at: 'key',
    message: `${row}: ${key}: ${message}`,
  });
  const isCall = row.startsWith('call');
  return [
    ...checkHeaders(headers, [...path, 'headers']),
    ...findUnknownPlaceholders(body ?? '').map((message) => blame('body', message)),
    ...(body && (status === 204 || status === 304) ? [blame('body', `${status} has no body`)] : []),
    ...(accepts && !GRANTABLE.includes(row) ? [blame('accepts', 'this row is always answered so')] : []),
    ...(event && (!isCall || row === 'call') ? [blame('event', 'only /call without a call posts one')] : []),
  ];
}

/** The format of a profile. */
export const PROFILE: Format<typeof schema> = {
  schema,
  beyond({ headers, answers = {} }, isSound) {
    const problems = isSound(['headers']) ? checkHeaders(headers, ['headers']) : [];
    const sound = ROW_NAMES.filter((row) => answers[row] !== undefined && isSound(['answers', row]));
    const alike = Object.fromEntries(sound.map((row) => [row, answers[row]])) as WrittenProfile['answers'];
    for (const row of sound) {
      const path = ['answers', row];
      const answer = answers[row] as ProfileAnswer | RowName;
      if (typeof answer !== 'string') problems.push(...checkAnswer(row, answer, path));
      else if (isCircular(alike, row))
        problems.push({ path, at: 'value', message: `${row}: is answered as itself; give it an answer` });
    }
    return problems;
  },
};

/** The profile `written`, which must fit {@link PROFILE}. */
export const toProfile = ({
  $schema: _,
  expires_in: expiresIn,
  state_member: stateMember,
  ...same
}: WrittenProfile): AnswerProfile =>
  createProfile({
    ...same,
    ...(expiresIn !== undefined && { expiresIn }),
    ...(stateMember !== undefined && { stateMember }),
  });
