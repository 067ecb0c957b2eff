import { isMap } from '../../control/schema/mismatch.ts';
import type { RowName } from '../../domain/answer-profile.ts';
import { systemTime } from '../../system/clock.ts';
import { pause } from '../../system/timers.ts';
import { type Answer, findToken, toAnswer } from './answer.ts';
import { ask, NoAnswer, type RawAnswer } from './ask.ts';
import { escapeControls } from './format.ts';
import { createSecretMask, findOwnSecrets, hasRefreshToken } from './mask.ts';
import { explainNoToken, explainRedirect, isPage } from './no-token.ts';
import { type Account, type Occasion, type Question, type Request, revocation } from './questions.ts';

/** All requests to a service, with those that revoke its tokens. */
export const MAX_REQUESTS = 40;
const MAX_RETRY_AFTER_S = 30;
const MAX_RETRIES = 3;
/** A service that limits requests is asked more slowly, up to this. */
const MAX_PAUSE_MS = 2000;
/** All waits that 429 asks for. */
const MAX_LIMITED_S = 60;
/** Two in a row: it is not the question. */
const MAX_FAILURES = 2;

/** What became of a question. */
export type Outcome = { readonly answer: Answer } | { readonly none: string };

export interface Interview {
  readonly outcomes: ReadonlyMap<Question, Outcome>;
  readonly by: Occasion['by'];
  /** Why it ended before the last question. */
  readonly problem?: { readonly message: string; readonly isCredentials: boolean } | undefined;
  readonly tokens: readonly string[];
  readonly hasRefreshToken: boolean;
  /** The rows whose tokens may still be alive. */
  readonly unrevoked: readonly RowName[];
  /** The requests that were refused with 429, and asked again. */
  readonly limited: readonly { readonly row: RowName | undefined; readonly retryAfterS: number }[];
}

export interface InterviewOptions {
  readonly timeoutMs: number;
  /** Time between two requests. */
  readonly pauseMs: number;
  /** Ends the questions, and a wait at once. */
  readonly stopped: AbortSignal;
  /** How the service takes credentials, if that is known. */
  readonly by?: Occasion['by'];
}

/** Waits until `stopped` is aborted. What is waited for after that belongs to the revocation. */
async function wait(ms: number, stopped: AbortSignal): Promise<void> {
  try {
    await pause(ms, undefined, stopped.aborted ? {} : { signal: stopped });
  } catch (error) {
    if (!stopped.aborted) throw error;
  }
}

/** The seconds until a request may be sent again, if the answer says so. RFC 9110, 10.2.3. */
function parseRetryAfter({ headers }: RawAnswer): number | undefined {
  const given = headers['retry-after'];
  if (given === undefined) return undefined;
  if (/^\d+$/.test(given)) return Number(given);
  const ms = Date.parse(given) - systemTime();
  return Number.isNaN(ms) ? MAX_RETRY_AFTER_S : Math.max(Math.ceil(ms / 1000), 0);
}

class Stopped extends Error {
  readonly isCredentials: boolean;

  constructor(message: string, isCredentials = false) {
    super(message);
    this.isCredentials = isCredentials;
  }
}

/** Whether a token has been revoked: a proxy may answer 200 for the service. RFC 7009, 2.2. */
function isRevoked(answer: RawAnswer): boolean {
  const { status, headers, text } = answer;
  if (status < 200 || status > 299) return false;
  if (text.trim() === '') return true;
  if (isPage(headers['content-type'], text)) return false;
  try {
    const body: unknown = JSON.parse(text);
    return !isMap(body) || !('error' in body || 'access_token' in body);
  } catch {
    return true;
  }
}

/** The rows whose tokens are revoked by others. */
const TOKENS_OF: Readonly<Partial<Record<RowName, RowName>>> = {
  revoke: 'token',
  revoke_basic: 'token_basic',
  revoke_json: 'token_scope',
};

/** Asks a service all questions, one at a time, and then revokes every token that it has got. */
export async function interview(
  address: string,
  account: Account,
  questions: readonly Question[],
  { timeoutMs, pauseMs, stopped, by = 'form' }: InterviewOptions,
): Promise<Interview> {
  const raw = new Map<Question, RawAnswer | string>();
  const issued = new Map<RowName, string>();
  const tokens: string[] = [];
  const live = new Map<string, RowName>();
  /** Tokens that a question may have revoked: then the service may refuse to do it again. */
  const doubtful = new Set<string>();
  const limited: { row: RowName | undefined; retryAfterS: number }[] = [];
  const state = { by, pauseMs, requests: 0, limitedS: 0 };

  const occasion: Occasion = {
    account,
    get by() {
      return state.by;
    },
    token(from) {
      const token = issued.get(from) ?? [...live.keys()].at(-1);
      if (token !== undefined) issued.set(from, token);
      return token;
    },
  };

  /** Whether requests are left, besides those that revoke the tokens. */
  const hasRoom = (needed: number): boolean => state.requests + live.size + needed <= MAX_REQUESTS;

  async function send(request: Request, needed: number, row?: RowName): Promise<RawAnswer> {
    for (let retries = 0; ; retries += 1) {
      if (state.requests > 0) await wait(state.pauseMs, stopped);
      if (row !== undefined && stopped.aborted) throw new Stopped('stopped by a signal');
      state.requests += 1;
      const answer = await ask(address, request, timeoutMs);
      if (answer.status !== 429) return answer;
      const retryAfterS = parseRetryAfter(answer) ?? 2 ** retries;
      limited.push({ row, retryAfterS });
      const isPatient = retryAfterS <= MAX_RETRY_AFTER_S && state.limitedS + retryAfterS <= MAX_LIMITED_S;
      if (retries === MAX_RETRIES || !isPatient || !hasRoom(needed))
        throw new Stopped(
          `the service limits requests (429, Retry-After: ${answer.headers['retry-after'] ?? 'none'}); try again later`,
        );
      state.limitedS += retryAfterS;
      state.pauseMs = Math.min(state.pauseMs * 2, MAX_PAUSE_MS);
      await wait(retryAfterS * 1000, stopped);
    }
  }

  function keepIssued(row: RowName, answer: RawAnswer): void {
    const token = findToken(answer);
    if (token === undefined) return;
    tokens.push(token);
    live.set(token, row);
    issued.set(row, token);
  }

  function keepToken({ row }: Question, answer: RawAnswer): void {
    keepIssued(row, answer);
    const used = issued.get(TOKENS_OF[row] ?? row);
    if (used === undefined || !isRevoked(answer)) return;
    if (row === 'revoke' || row === 'revoke_basic') live.delete(used);
    if (row === 'revoke_json') doubtful.add(used);
  }

  /** Without a token no other question makes sense. */
  function checkFirst({ row }: Question, answer: RawAnswer): void {
    if (row === 'token_basic' && tokens.length > 0 && !issued.has('token')) state.by = 'basic';
    if (tokens.length > 0 || (row !== 'token' && row !== 'token_basic')) return;
    // Masked before it is shortened: part of a secret is not recognized.
    const { maskText } = createSecretMask({ account, tokens, others: [] });
    // Credentials are sent no second time to what is not the service.
    if (row === 'token_basic' || answer.status < 400) {
      const { status } = answer;
      throw new Stopped(
        explainRedirect(answer, address) ?? explainNoToken({ ...answer, text: maskText(answer.text) }),
        (status === 400 || status === 401 || status === 403) &&
          /json/.test(answer.headers['content-type'] ?? ''),
      );
    }
  }

  async function askAll(): Promise<void> {
    let failures = 0;
    for (const question of questions) {
      const request = question.create(occasion);
      if (request === undefined) {
        raw.set(question, 'not asked: the service has issued no token for it');
        continue;
      }
      if (question.row === 'call_revoked_token' && live.has(issued.get('token') ?? '')) {
        raw.set(question, 'not asked: the service has not revoked the token for it');
        continue;
      }
      // Any answer may issue a token, which is revoked as well. Where requests are limited, revocations are too.
      if (!hasRoom(2 + Math.min(live.size, Math.floor(limited.length / 2)))) {
        raw.set(question, `not asked: ${MAX_REQUESTS} requests are the limit`);
        continue;
      }
      try {
        const answer = await send(request, 2, question.row);
        raw.set(question, answer);
        keepToken(question, answer);
        failures = 0;
        checkFirst(question, answer);
      } catch (error) {
        if (!(error instanceof NoAnswer)) throw error;
        raw.set(question, `no answer: ${error.message}`);
        failures += 1;
        if (failures === MAX_FAILURES || tokens.length === 0) throw new Stopped(error.message);
      }
    }
  }

  async function revokeAll(): Promise<void> {
    let failures = 0;
    const left = [...live.keys()];
    for (const token of left) {
      if (failures === MAX_FAILURES || state.requests >= MAX_REQUESTS) return;
      try {
        const answer = await send(revocation(token, occasion), 0);
        keepIssued('revoke', answer);
        if (isRevoked(answer) || doubtful.has(token)) live.delete(token);
        failures = 0;
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof Stopped)) throw error;
        failures += 1;
        if (error instanceof NoAnswer) left.push(token);
      }
    }
  }

  let problem: Interview['problem'];
  try {
    await askAll();
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
    problem = { message: error.message, isCredentials: error.isCredentials };
  } finally {
    await revokeAll();
  }
  const bodies = [...raw.values()].map((answer) =>
    typeof answer === 'string' || answer.status > 299 ? '' : answer.text,
  );
  const others = bodies.flatMap(findOwnSecrets).filter((secret) => !tokens.includes(secret));
  const secrets = { account, tokens: [...new Set(tokens)], others };
  const clean = (message: string) => escapeControls(createSecretMask(secrets).maskText(message));
  const outcomes = [...raw].map(([question, answer]): [Question, Outcome] => [
    question,
    typeof answer === 'string' ? { none: clean(answer) } : { answer: toAnswer(answer, address, secrets) },
  ]);
  return {
    outcomes: new Map(outcomes),
    by: state.by,
    problem: problem && { ...problem, message: clean(problem.message) },
    tokens,
    hasRefreshToken: bodies.some(hasRefreshToken),
    unrevoked: [...live.values()],
    limited,
  };
}
