import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { findMismatches, type Path } from '../../control/schema/mismatch.ts';
import { OWN_HEADERS, PROFILE, type WrittenProfile } from '../../control/schema/profile-format.ts';
import { GRANTABLE, type Placeholder, type RowName } from '../../domain/answer-profile.ts';
import type { ProfileAnswer } from '../../domain/early-2021.ts';
import { SCOPES } from '../../guide/oauth.ts';
import type { Answer } from './answer.ts';
import { escapeControls } from './format.ts';
import { isPage } from './no-token.ts';
import { NONSENSE, type Question, STATE, UNKNOWN_PATH } from './questions.ts';

/** Makes an answer profile of the answers of a service. */

/** Never written: cookies are secrets. */
const UNWRITTEN = [...OWN_HEADERS, 'set-cookie'];

type Headers = Readonly<Record<string, string>>;

const withoutHeaders = (headers: Headers, names: ReadonlySet<string>): Headers =>
  Object.fromEntries(
    Object.entries(headers).filter(([name]) => !UNWRITTEN.includes(name) && !names.has(name)),
  );

/** The headers that most answers have, with the same value. */
function findCommonHeaders(all: readonly Headers[]): Headers {
  const counts = new Map<string, number>();
  for (const headers of all)
    for (const entry of Object.entries(headers).map((one) => JSON.stringify(one)))
      counts.set(entry, (counts.get(entry) ?? 0) + 1);
  return Object.fromEntries(
    [...counts]
      .filter(([, count]) => count > all.length / 2)
      .map(([entry]): [string, string] => JSON.parse(entry))
      // They belong to the body.
      .filter(([name]) => name !== 'content-type'),
  );
}

/** What an answer has in place of the common headers. */
function findOwnHeaders(headers: Headers, common: Headers): Pick<ProfileAnswer, 'headers'> {
  const missing = Object.keys(common).filter((name) => headers[name] === undefined);
  const own = Object.entries(headers).filter(([name, value]) => common[name] !== value);
  const all = [...own, ...missing.map((name) => [name, null] as const)];
  return all.length === 0 ? {} : { headers: Object.fromEntries(all) };
}

const findText = (body: string, name: string): string | undefined =>
  new RegExp(`"${name}"\\s*:\\s*"([^"\\\\]*)"`).exec(body)?.[1];
const findNumber = (body: string, name: string): number | undefined => {
  const [, digits] = new RegExp(`"${name}"\\s*:\\s*"?(\\d{1,8})\\b`).exec(body) ?? [];
  return digits === undefined || Number(digits) === 0 ? undefined : Number(digits);
};

/** The body of a token answer, with placeholders for lifetime and scope. */
function toTokenBody(
  row: RowName,
  body: string,
  lifetime: number | undefined,
  scope: string | undefined,
): string {
  const asked = row === 'token_scope' ? SCOPES[0] : row === 'unknown_scope' ? NONSENSE : scope;
  return body
    .replace(/("expires_in"\s*:\s*"?)(\d+)/, (found, name, digits) =>
      Number(digits) === lifetime ? `${name}{{expires_in}}` : found,
    )
    .replace(/("scope"\s*:\s*")([^"]*)(?=")/, (found, name, value) =>
      value === asked ? `${name}{{scope}}` : found,
    );
}

/** What a service may repeat of the nonsense in a question. */
const ECHOED: Readonly<Partial<Record<RowName, Placeholder>>> = {
  unknown_client: 'client_id',
  revoke_unknown: 'access_token',
};

/** A text of an answer, with placeholders for what it repeats of the question. */
function withEcho(text: string, row: RowName): string {
  if (row === 'missing_slash') return text.replace(/\/o\/token\/$/, '{{path}}/{{query}}');
  if (row === 'unknown_path') return text.replaceAll(UNKNOWN_PATH, '{{path}}');
  const name = ECHOED[row];
  return name === undefined ? text : text.replaceAll(NONSENSE, `{{${name}}}`);
}

/** Whether the request of a question was granted, as far as its answer shows. */
const isGranted = (row: RowName, { status, isToken }: Answer): boolean =>
  row.startsWith('revoke') ? status >= 200 && status < 300 : isToken;

interface Common {
  readonly headers: Headers;
  readonly lifetime: number | undefined;
  readonly scope: string | undefined;
  readonly varying: ReadonlySet<string>;
}

function toProfileAnswer(
  row: RowName,
  answer: Answer,
  { headers, lifetime, scope, varying }: Common,
): ProfileAnswer {
  const { status, body } = answer;
  const own = withoutHeaders(answer.headers, varying);
  if (row.startsWith('call')) {
    // Only a browser hears events.
    if (isPage(own['content-type'], body) && own.location === undefined)
      return { status, ...(row !== 'call' && status < 400 && { event: 'VideocallNotFound' }) };
    return { status, ...findOwnHeaders(own, headers), body };
  }
  const written = Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, withEcho(value, row)]),
  );
  return {
    status,
    ...findOwnHeaders(written, headers),
    body: answer.isToken ? toTokenBody(row, body, lifetime, scope) : withEcho(body, row),
    ...(GRANTABLE.includes(row) && { accepts: isGranted(row, answer) }),
  };
}

/** What the service adds to a refusal when the request has a state. */
function findStateMember(body: string | undefined): string | undefined {
  if (body === undefined) return undefined;
  const [, member] = new RegExp(`(,\\s*"state"\\s*:\\s*)"${STATE}"\\s*\\}\\s*$`).exec(body) ?? [];
  return member === undefined ? '' : `${member}{{state}}`;
}

interface Origin {
  readonly name: string;
  readonly against: string;
  readonly at: string;
  readonly by: string;
}

/** The answers as a profile. Rows that are answered like one before them name it. */
function createWrittenProfile(
  origin: Origin,
  answers: ReadonlyMap<Question, Answer>,
  varying: ReadonlySet<string>,
  unfit: ReadonlySet<string>,
): WrittenProfile {
  const { name, ...written } = origin;
  const byRow = new Map(
    [...answers]
      .filter(([{ row, shows }]) => !shows && !unfit.has(`answers.${row}`))
      .map(([{ row }, answer]) => [row, answer]),
  );
  const token = byRow.get('token')?.isToken ? byRow.get('token') : byRow.get('token_basic');
  const common: Common = {
    headers: findCommonHeaders(
      [...byRow]
        .filter(([row]) => !row.startsWith('call'))
        .map(([, { headers }]) => withoutHeaders(headers, varying)),
    ),
    lifetime: unfit.has('expires_in') ? undefined : findNumber(token?.body ?? '', 'expires_in'),
    scope: unfit.has('scope') ? undefined : findText(token?.body ?? '', 'scope'),
    varying,
  };
  const rows: [RowName, ProfileAnswer | RowName][] = [];
  for (const [row, answer] of byRow) {
    const own = toProfileAnswer(row, answer, common);
    const alike = rows.find(([, other]) => typeof other !== 'string' && isDeepStrictEqual(other, own));
    rows.push([row, alike?.[0] ?? own]);
  }
  const stateMember = unfit.has('state_member')
    ? undefined
    : findStateMember([...answers].find(([{ shows }]) => shows)?.[1].body);
  return {
    name,
    written,
    headers: common.headers,
    ...(common.scope !== undefined && { scope: common.scope }),
    ...(common.lifetime !== undefined && { expires_in: common.lifetime }),
    ...(stateMember !== undefined && { state_member: stateMember }),
    answers: Object.fromEntries(rows) as WrittenProfile['answers'],
  };
}

/** The part of a profile that a mismatch is about. */
function findPart([first, second, third, fourth]: Path): string {
  if (first === 'answers') return third === 'headers' ? `headers.${fourth}` : `answers.${second}`;
  return first === 'headers' ? `headers.${second}` : `${first}`;
}

/** The answers as a profile that the simulator can read, and what does not fit in it. */
export function createFittingProfile(
  origin: Origin,
  answers: ReadonlyMap<Question, Answer>,
  varying: ReadonlySet<string>,
): { readonly profile: WrittenProfile; readonly leftOut: readonly string[] } {
  const unfit = new Map<string, string>();
  for (;;) {
    const headers = [...unfit.keys()]
      .filter((part) => part.startsWith('headers.'))
      .map((part) => part.slice(8));
    const profile = createWrittenProfile(
      origin,
      answers,
      new Set([...varying, ...headers]),
      new Set(unfit.keys()),
    );
    const problems = findMismatches(PROFILE.schema, profile);
    const found = problems.length > 0 ? problems : PROFILE.beyond(profile, () => true);
    if (found.length === 0)
      return { profile, leftOut: [...unfit].map(([part, message]) => `${part} was left out: ${message}`) };
    const known = unfit.size;
    for (const { path, message } of found) unfit.set(findPart(path), message);
    if (unfit.size === known) throw new Error(`the profile cannot be written: ${found[0]?.message}`);
  }
}

/** The text of the file, with what it cannot express as comments. */
export function formatProfile(profile: WrittenProfile, notes: readonly string[], isJson: boolean): string {
  if (isJson) return `${JSON.stringify(profile, null, 2).split('\n').map(escapeControls).join('\n')}\n`;
  const comments = notes
    .map((note) => `# not expressed: ${escapeControls(note.replace(/\s+/g, ' '))}\n`)
    .join('');
  return `# yaml-language-server: $schema=node_modules/mock-veridas/fixtures/profile.schema.json\n${comments}${stringify(profile, { lineWidth: 0 })}`;
}
