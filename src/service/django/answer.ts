import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type AnswerProfile,
  PLACEHOLDERS,
  type Placeholder,
  ROW_NAMES,
  type RowName,
} from '../../domain/answer-profile.ts';
import { DELETE_SESSION_COOKIE, shouldDeleteSession } from './session-cookie.ts';

/** What stands for the placeholders of an answer. */
export type Values = Readonly<Partial<Record<Placeholder, string>>>;
type Text = (values: Values) => string;

/** A row of the profile, ready to be sent. */
interface Answer {
  readonly status: number;
  readonly headers: readonly (readonly [name: string, value: string | Text])[];
  readonly body: Text;
  /** The framework reads the session to report an error to its administrators. */
  readonly isReported: boolean;
  readonly namesHost: boolean;
}

/** An answer that depends on its request. */
export interface AnswerParts {
  readonly values?: Values;
  /** The `state` of a refused request. */
  readonly state?: string | undefined;
}

export interface Answers {
  readonly profile: AnswerProfile;
  /** Sends the answer of a row. */
  send(request: FastifyRequest, reply: FastifyReply, row: RowName, parts?: AnswerParts): void;
}

const PLACEHOLDER = new RegExp(`\\{\\{(${PLACEHOLDERS.join('|')})\\}\\}`);
const STATE = '{{state}}';

/** Escapes everything beyond printable ASCII as JSON does. */
const escapeNonAscii = (text: string) =>
  text.replace(/[\u007f-\uffff]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
const toJson = (text: string) => escapeNonAscii(JSON.stringify(text));

const escapeInJson = (text: string) => (/^[\w .:/-]*$/.test(text) ? text : toJson(text).slice(1, -1));
const escapeInPage = (text: string) => text.replace(/[<>&"']/g, (char) => `&#${char.charCodeAt(0)};`);
/** Node.js rejects headers with other characters. */
const escapeInHeader = (text: string) => text.replace(/[^ -~\x80-\xff]/g, '?');

/** Compiles a text with placeholders; undefined when there are none. */
function compile(text: string, toSafe: (value: string) => string): Text | undefined {
  const parts = text.split(PLACEHOLDER);
  if (parts.length === 1) return undefined;
  // A loop: an array of the parts for each answer would cost a thirtieth of a token.
  return (values) => {
    let filled = parts[0] as string;
    for (let index = 1; index < parts.length; index += 2)
      filled += toSafe(values[parts[index] as Placeholder] ?? '') + parts[index + 1];
    return filled;
  };
}

const hasBody = (status: number) => status !== 204 && status !== 304;

function compileRow({ headers: common, answers }: AnswerProfile, row: RowName): Answer {
  const { status, headers = {}, body = '' } = answers[row];
  const all = Object.entries({ ...common, ...headers }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  );
  const type = headers['content-type'] ?? common['content-type'] ?? '';
  const isJson = type.includes('json') || /^\s*[[{]/.test(body);
  const toSafe = isJson ? escapeInJson : type.includes('html') ? escapeInPage : String;
  return {
    status,
    headers: all.map(([name, value]) => [name, compile(value, escapeInHeader) ?? value]),
    body: compile(body, toSafe) ?? (() => body),
    isReported: headers.vary === 'Cookie',
    namesHost: /\{\{(?:host|origin)\}\}/.test(JSON.stringify([all, body])),
  };
}

/** Adds the `state` of a request to a JSON object. */
function addState(body: string, member: string, state: string): string {
  const whole = body.trimEnd();
  if (!whole.endsWith('}')) return body;
  const start = whole.slice(0, -1).trimEnd();
  return start + member.replace(STATE, () => toJson(state)) + body.slice(start.length);
}

/** Without a serializer Fastify would name a charset in the headers. */
const passThrough = (body: unknown) => body as string;

function describeHost({ headers: { host = '' }, protocol }: FastifyRequest): Values {
  return { host, origin: `${protocol}://${host}` };
}

/** The answers of a profile: everything that does not depend on a request is made once. */
export function createAnswers(profile: AnswerProfile): Answers {
  const rows = Object.fromEntries(ROW_NAMES.map((row) => [row, compileRow(profile, row)])) as Record<
    RowName,
    Answer
  >;
  return {
    profile,
    send(request, reply, row, { values = {}, state } = {}) {
      const { status, headers, body, isReported, namesHost } = rows[row];
      const all = namesHost ? { ...describeHost(request), ...values } : values;
      const isSessionDeleted = shouldDeleteSession(request.headers.cookie, isReported);
      reply.code(status);
      for (const [name, value] of headers) reply.header(name, typeof value === 'string' ? value : value(all));
      if (isSessionDeleted) reply.header('vary', 'Cookie').header('set-cookie', DELETE_SESSION_COOKIE);
      if (!hasBody(status)) return void reply.send();
      const text = state ? addState(body(all), profile.stateMember, state) : body(all);
      reply.header('content-length', String(Buffer.byteLength(text)));
      if (request.method === 'HEAD') reply.send(null);
      // Fastify would name a type for an empty text.
      else if (text === '') reply.send();
      else reply.serializer(passThrough).send(text);
    },
  };
}
