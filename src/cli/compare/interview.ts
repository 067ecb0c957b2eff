import { GRANTABLE, type RowName } from '../../domain/answer-profile.ts';
import { type Answer, findToken, toAnswer } from './answer.ts';
import { ask, NoAnswer, type RawAnswer } from './ask.ts';
import { explainNoToken, explainRedirect } from './no-token.ts';
import { type Account, type Occasion, type Question, type Request, revocation } from './questions.ts';

/** All requests to a service, with those that revoke its tokens. */
export const MAX_REQUESTS = 40;
const MAX_RETRY_AFTER_S = 30;
const MAX_RETRIES = 3;
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
  /** How many tokens may still be alive. */
  readonly unrevoked: number;
  /** The requests that were refused with 429, and asked again. */
  readonly limited: readonly { readonly row: RowName | undefined; readonly retryAfterS: number }[];
}

export interface InterviewOptions {
  readonly timeoutMs: number;
  /** Time between two requests. */
  readonly pauseMs: number;
  readonly isStopped: () => boolean;
  /** How the service takes credentials, if that is known. */
  readonly by?: Occasion['by'];
}

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** The seconds until a request may be sent again, if the answer says so. RFC 9110, 10.2.3. */
function parseRetryAfter({ headers }: RawAnswer): number | undefined {
  const given = headers['retry-after'];
  if (given === undefined) return undefined;
  const seconds = Number(given);
  return Number.isFinite(seconds) ? Math.max(seconds, 0) : MAX_RETRY_AFTER_S;
}

class Stopped extends Error {
  readonly isCredentials: boolean;

  constructor(message: string, isCredentials = false) {
    super(message);
    this.isCredentials = isCredentials;
  }
}

const mayIssue = ({ row }: Question): boolean => GRANTABLE.includes(row) && !row.startsWith('revoke');

const isSuccess = ({ status }: RawAnswer): boolean => status >= 200 && status < 300;

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
  { timeoutMs, pauseMs, isStopped, by = 'form' }: InterviewOptions,
): Promise<Interview> {
  const raw = new Map<Question, RawAnswer | string>();
  const issued = new Map<RowName, string>();
  const tokens: string[] = [];
  const live = new Set<string>();
  /** Tokens that a question may have revoked: then the service may refuse to do it again. */
  const doubtful = new Set<string>();
  const limited: { row: RowName | undefined; retryAfterS: number }[] = [];
  const state = { by, pauseMs, requests: 0 };

  const occasion: Occasion = {
    account,
    get by() {
      return state.by;
    },
    token(from) {
      const token = issued.get(from) ?? [...live].at(-1);
      if (token !== undefined) issued.set(from, token);
      return token;
    },
  };

  async function send(request: Request, row?: RowName): Promise<RawAnswer> {
    for (let retries = 0; ; retries += 1) {
      if (state.requests > 0) await wait(state.pauseMs);
      if (row !== undefined && isStopped()) throw new Stopped('stopped by a signal');
      state.requests += 1;
      const answer = await ask(address, request, timeoutMs);
      if (answer.status !== 429) return answer;
      const retryAfterS = parseRetryAfter(answer) ?? 2 ** retries;
      limited.push({ row, retryAfterS });
      if (retries === MAX_RETRIES || retryAfterS > MAX_RETRY_AFTER_S || state.requests >= MAX_REQUESTS)
        throw new Stopped(
          `the service limits requests (429, Retry-After: ${answer.headers['retry-after'] ?? 'none'}); try again later`,
        );
      state.pauseMs *= 2;
      await wait(retryAfterS * 1000);
    }
  }

  function keepToken({ row }: Question, answer: RawAnswer): void {
    const token = findToken(answer);
    if (token !== undefined) {
      tokens.push(token);
      live.add(token);
      issued.set(row, token);
    }
    const used = issued.get(TOKENS_OF[row] ?? row);
    if (used === undefined || !isSuccess(answer)) return;
    if (row === 'revoke' || row === 'revoke_basic') live.delete(used);
    if (row === 'revoke_json') doubtful.add(used);
  }

  /** Without a token no other question makes sense. */
  function checkFirst({ row }: Question, answer: RawAnswer): void {
    if (row === 'token_basic' && tokens.length > 0 && !issued.has('token')) state.by = 'basic';
    if (tokens.length > 0 || (row !== 'token' && row !== 'token_basic')) return;
    // Credentials are sent no second time to what is not the service.
    if (row === 'token_basic' || answer.status < 400) {
      const { status } = answer;
      throw new Stopped(
        explainRedirect(answer, address) ??
          explainNoToken({ ...answer, text: answer.text.replaceAll(account.clientSecret, '***') }),
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
      // What it may issue is revoked as well.
      const needed = mayIssue(question) ? 2 : 1;
      if (state.requests + live.size + needed > MAX_REQUESTS) {
        raw.set(question, `not asked: ${MAX_REQUESTS} requests are the limit`);
        continue;
      }
      try {
        const answer = await send(request, question.row);
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
    for (const token of [...live]) {
      if (failures === MAX_FAILURES || state.requests >= MAX_REQUESTS) return;
      try {
        if (isSuccess(await send(revocation(token, occasion))) || doubtful.has(token)) live.delete(token);
        failures = 0;
      } catch (error) {
        if (!(error instanceof NoAnswer || error instanceof Stopped)) throw error;
        failures += 1;
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
  const outcomes = [...raw].map(([question, answer]): [Question, Outcome] => [
    question,
    typeof answer === 'string' ? { none: answer } : { answer: toAnswer(answer, address, account, tokens) },
  ]);
  return {
    outcomes: new Map(outcomes),
    by: state.by,
    problem,
    tokens,
    unrevoked: live.size,
    limited,
  };
}
