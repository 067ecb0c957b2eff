import { isMap } from '../control/schema/mismatch.ts';
import { trimTrailingSlashes } from '../control/schema/paths.ts';
import { PATHS } from '../guide/oauth.ts';
import type { Masking } from './masking.ts';
import { type Interaction, InvalidPact, type Pact, type RequestedState } from './pact.ts';
import type { Observation } from './relay.ts';
import { VerifierFailed } from './run-verifier.ts';

/** A mismatch in the verifier's JSON: values may be byte arrays. */
interface VerifierMismatch {
  readonly type?: unknown;
  readonly path?: unknown;
  readonly key?: unknown;
  readonly expected?: unknown;
  readonly actual?: unknown;
  readonly mismatch?: unknown;
}

interface VerifierError {
  readonly mismatch?: {
    readonly type?: unknown;
    readonly mismatches?: readonly VerifierMismatch[];
    readonly message?: unknown;
  };
}

interface VerifierOutput {
  readonly interactionResults?: readonly { readonly result?: unknown; readonly duration?: unknown }[];
  readonly errors?: readonly VerifierError[];
  readonly pendingErrors?: readonly VerifierError[];
}

/** One difference between an answer and its contract. */
export interface Problem {
  readonly type: string;
  readonly path?: string;
  readonly expected?: string;
  readonly actual?: string;
  readonly message: string;
}

/** The result of one interaction. */
export interface Result {
  readonly source: string;
  readonly consumer: string;
  readonly consumer_version?: string;
  readonly key: string | null;
  readonly description: string;
  readonly states: readonly RequestedState[];
  readonly type: Interaction['kind'];
  readonly duration_ms: number;
  readonly status: 'passed' | 'failed' | 'pending' | 'skipped';
  readonly problems: readonly Problem[];
  readonly stateErrors: readonly string[];
  /** How to fix it. */
  readonly fix: readonly string[];
}

const MAX_TEXT_LENGTH = 1_000;

const truncate = (text: string): string =>
  text.length > MAX_TEXT_LENGTH ? `${text.slice(0, MAX_TEXT_LENGTH)}… (${text.length} characters)` : text;

/** A value as text: some are byte arrays. */
function formatValue(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  if (Array.isArray(value) && value.every((one) => typeof one === 'number'))
    return Buffer.from(value).toString();
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function toProblem(given: VerifierMismatch): Problem {
  const { type, path, key, expected, actual, mismatch } = given;
  const place = path ?? key;
  const [expectedText, actualText] = [formatValue(expected), formatValue(actual)];
  return {
    type: String(type),
    ...(place !== undefined && { path: String(place) }),
    ...(expectedText !== undefined && { expected: expectedText }),
    ...(actualText !== undefined && { actual: actualText }),
    message: String(mismatch ?? type),
  };
}

function toProblems(error: VerifierError | undefined): Problem[] {
  const { mismatch } = error ?? {};
  if (mismatch === undefined) return [];
  if (mismatch.type === 'mismatches') return (mismatch.mismatches ?? []).map(toProblem);
  return [{ type: 'error', message: String(mismatch.message ?? mismatch) }];
}

/** The value inside the quotes of a text that is JSON. */
const unquote = (text: string): string => (/^"[^"]+"$/.test(text) ? text.slice(1, -1) : text);

function maskProblem({ type, path, expected, actual, message }: Problem, mask: Masking): Problem {
  // The verifier's message repeats both, in quotes of its own.
  const values = [expected, actual].map((value = '') => unquote(value)).filter((value) => value !== '');
  const masked = values
    .sort((one, other) => other.length - one.length)
    .reduce((text, value) => text.replaceAll(value, mask.maskAt(path, value)), mask.maskText(message));
  return {
    type,
    ...(path !== undefined && { path }),
    ...(expected !== undefined && { expected: truncate(mask.maskAt(path, expected)) }),
    ...(actual !== undefined && { actual: truncate(mask.maskAt(path, actual)) }),
    message: truncate(masked),
  };
}

/** A value in a state's parameters, masked by the name that it stands under. */
function maskValue(value: unknown, name: string, mask: Masking): unknown {
  if (typeof value === 'string' || typeof value === 'number') {
    const masked = mask.maskAt(name, String(value));
    return masked === String(value) ? value : masked;
  }
  if (Array.isArray(value)) return value.map((one) => maskValue(one, name, mask));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, maskValue(one, key, mask)]));
}

const maskState = ({ name, params }: RequestedState, mask: Masking): RequestedState => ({
  name: mask.maskText(name),
  params: maskValue(params, '', mask) as RequestedState['params'],
});

/** A result as it can be shown: without secrets, and short. */
export const maskResult = (result: Result, mask: Masking): Result => ({
  ...result,
  key: result.key === null ? null : mask.maskText(result.key),
  description: mask.maskText(result.description),
  states: result.states.map((state) => maskState(state, mask)),
  problems: result.problems.map((problem) => maskProblem(problem, mask)),
  stateErrors: result.stateErrors.map((text) => truncate(mask.maskText(text))),
  fix: result.fix.map((text) => truncate(mask.maskText(text))),
});

/** Hints for differences, by the part that differs. */
const REMEDIES: Readonly<Record<string, string>> = {
  StatusMismatch: 'correct the request, the state or the status that the contract expects',
  BodyMismatch:
    'use a matcher (type, regex) for values that vary, and remove what the guide does not promise',
  BodyTypeMismatch: 'the response has another type: check its status and Content-Type',
  HeaderMismatch: 'use a matcher for values that vary; in V4, header values are lists',
  MetadataMismatch: 'the metadata of an event is its content type and origin, nothing else',
};

const REGEX_REMEDY =
  'this verifier matches whole values: write a regex for the whole value, such as ".*part.*" or "text/html(;.*)?"';

/** A path that differs from the service's in its last slash. */
function findSlashRemedy({ path = '' }: Interaction): string[] {
  const bare = trimTrailingSlashes(path);
  const meant = [...Object.values(PATHS), '/call'].find(
    (known) => known !== path && known.replace(/\/$/, '') === bare,
  );
  return meant === undefined
    ? []
    : [`the path is ${meant}, but the contract has ${path}: check the trailing slash`];
}

function collectFixes(
  interaction: Interaction,
  problems: readonly Problem[],
  { reason, stateErrors }: Observation,
): string[] {
  const hints = stateErrors.flatMap(({ hint }) => hint ?? []);
  const why = reason === undefined ? [] : [`reason from the simulator: ${reason}`];
  const remedies = [...new Set(problems.map(({ type }) => type))].flatMap((type) => REMEDIES[type] ?? []);
  const isRegex = problems.some(({ message }) => / to match '/.test(message));
  return [...hints, ...findSlashRemedy(interaction), ...why, ...(isRegex ? [REGEX_REMEDY] : []), ...remedies];
}

const parseMilliseconds = (duration: unknown): number => {
  const [, amount = '0', unit = 'ms'] = /^([\d.]+)(µs|ms|s)$/.exec(String(duration)) ?? [];
  return Math.round(Number(amount) * ({ µs: 0.001, ms: 1, s: 1000 }[unit] ?? 1));
};

/** The fields of every result. */
const createBaseResult = (
  { source, consumer, consumerVersion }: Pact,
  { key, description, states, kind }: Interaction,
): Pick<Result, 'source' | 'consumer' | 'consumer_version' | 'key' | 'description' | 'states' | 'type'> => ({
  source,
  consumer,
  ...(consumerVersion !== undefined && { consumer_version: consumerVersion }),
  key: key ?? null,
  description,
  states,
  type: kind,
});

/** The result of an interaction that was not verified. */
export const createResult = (
  pact: Pact,
  interaction: Interaction,
  fields: Pick<Result, 'status'> & Partial<Pick<Result, 'problems' | 'stateErrors' | 'fix'>>,
): Result => ({
  ...createBaseResult(pact, interaction),
  duration_ms: 0,
  problems: [],
  stateErrors: [],
  fix: [],
  ...fields,
});

/** The result of an interaction that cannot be verified. */
export const createFailure = (pact: Pact, interaction: Interaction, messages: readonly string[]): Result =>
  createResult(pact, interaction, {
    status: interaction.mayFail ? 'pending' : 'failed',
    problems: messages.map((message) => ({ type: 'error', message })),
  });

/**
 * The result of each interaction of a pact, from the verifier's JSON. Errors are listed separately there, in the order of the
 * failed interactions.
 *
 * @throws {InvalidPact | VerifierFailed} the JSON does not cover every interaction
 */
export function toResults(pact: Pact, json: string, observed: readonly Observation[]): Result[] {
  const { interactionResults = [], errors = [], pendingErrors = [] } = JSON.parse(json) as VerifierOutput;
  const { interactions } = pact;
  if (interactionResults.length !== interactions.length) {
    const detail = errors[0] === undefined ? '' : `: ${toProblems(errors[0])[0]?.message}`;
    // It has not verified an interaction that it could not load.
    const Failure = interactionResults.length === 0 ? InvalidPact : VerifierFailed;
    throw new Failure(
      `the verifier checked ${interactionResults.length} of ${interactions.length} interactions${detail}`,
    );
  }
  const remainingErrors = { failed: [...errors], pending: [...pendingErrors] };
  return interactions.map((interaction, index): Result => {
    const { pending, mayFail } = interaction;
    const one = interactionResults[index] ?? {};
    const observation = observed[index] ?? { stateErrors: [] };
    const stateErrors = observation.stateErrors.map(({ message }) => message);
    const isKept = one.result === 'OK';
    const error = isKept ? undefined : remainingErrors[pending ? 'pending' : 'failed'].shift();
    // The verifier compares whatever comes, also when a state has failed.
    const status = isKept && stateErrors.length === 0 ? 'passed' : mayFail ? 'pending' : 'failed';
    // After a failed state there is no event to compare, and the verifier says no more about it.
    const problems = toProblems(error).filter(
      ({ type }) => stateErrors.length === 0 || (interaction.kind === 'http' && type !== 'error'),
    );
    return {
      ...createBaseResult(pact, interaction),
      duration_ms: parseMilliseconds(one.duration),
      status,
      problems,
      stateErrors,
      fix: status === 'passed' ? [] : collectFixes(interaction, problems, observation),
    };
  });
}
