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

function toProblem(given: VerifierMismatch, mask: Masking): Problem {
  const { type, path, key, expected, actual, mismatch } = given;
  const place = path ?? key;
  const at = place === undefined ? undefined : String(place);
  const [expectedText, actualText] = [formatValue(expected), formatValue(actual)];
  // The verifier's message repeats both.
  const message = [expectedText, actualText].reduce(
    (text: string, value) => (value === undefined ? text : text.replaceAll(value, mask.maskAt(at, value))),
    String(mismatch ?? type),
  );
  return {
    type: String(type),
    ...(at !== undefined && { path: at }),
    ...(expectedText !== undefined && { expected: truncate(mask.maskAt(at, expectedText)) }),
    ...(actualText !== undefined && { actual: truncate(mask.maskAt(at, actualText)) }),
    message: truncate(mask.maskText(message)),
  };
}

function toProblems(error: VerifierError | undefined, mask: Masking): Problem[] {
  const { mismatch } = error ?? {};
  if (mismatch === undefined) return [];
  if (mismatch.type === 'mismatches') return (mismatch.mismatches ?? []).map((one) => toProblem(one, mask));
  return [{ type: 'error', message: truncate(mask.maskText(String(mismatch.message ?? mismatch))) }];
}

/** Hints for differences, by the part that differs. */
const REMEDIES: Readonly<Record<string, string>> = {
  StatusMismatch: 'correct the request, the state or the status that the contract expects',
  BodyMismatch:
    'use a matcher (type, regex) for values that vary, and remove what the guide does not promise',
  BodyTypeMismatch: 'the response has another type: check its status and Content-Type',
  HeaderMismatch: 'use a matcher for values that vary; in V4, header values are lists',
  MetadataMismatch: 'the metadata of an event is contentType and origin, nothing else',
};

function collectFixes(problems: readonly Problem[], { reason, stateErrors }: Observation): string[] {
  const hints = stateErrors.flatMap(({ hint }) => hint ?? []);
  const why = reason === undefined ? [] : [`reason from the simulator: ${reason}`];
  const remedies = [...new Set(problems.map(({ type }) => type))].flatMap((type) => REMEDIES[type] ?? []);
  return [...hints, ...why, ...remedies];
}

const parseMilliseconds = (duration: unknown): number => {
  const [, amount = '0', unit = 'ms'] = /^([\d.]+)(µs|ms|s)$/.exec(String(duration)) ?? [];
  return Math.round(Number(amount) * ({ µs: 0.001, ms: 1, s: 1000 }[unit] ?? 1));
};

const maskStates = (states: readonly RequestedState[], mask: Masking): RequestedState[] =>
  states.map(({ name, params }) => ({
    name,
    params: Object.fromEntries(
      Object.entries(params).map(([key, value]) => [
        key,
        typeof value === 'string' ? mask.maskAt(key, value) : value,
      ]),
    ),
  }));

/** The fields of every result. */
export const createBaseResult = (
  { source, consumer }: Pact,
  { key, description, states, kind }: Interaction,
  mask: Masking,
): Pick<Result, 'source' | 'consumer' | 'key' | 'description' | 'states' | 'type'> => ({
  source,
  consumer,
  key: key ?? null,
  description: mask.maskText(description),
  states: maskStates(states, mask),
  type: kind,
});

/**
 * The result of each interaction of a pact, from the verifier's JSON. Errors are listed separately there, in the order of the
 * failed interactions.
 *
 * @throws {VerifierFailed} the JSON does not cover every interaction
 */
export function toResults(
  pact: Pact,
  json: string,
  observed: readonly Observation[],
  mask: Masking,
): Result[] {
  const { interactionResults = [], errors = [], pendingErrors = [] } = JSON.parse(json) as VerifierOutput;
  const { interactions, source } = pact;
  if (interactionResults.length !== interactions.length) {
    const detail = errors[0] === undefined ? '' : `: ${toProblems(errors[0], mask)[0]?.message}`;
    // It has not verified an interaction that it could not load.
    const Failure = interactionResults.length === 0 ? InvalidPact : VerifierFailed;
    throw new Failure(
      `${source}: the verifier checked ${interactionResults.length} of ${interactions.length} interactions${detail}`,
    );
  }
  const remainingErrors = { failed: [...errors], pending: [...pendingErrors] };
  return interactions.map((interaction, index): Result => {
    const { pending, mayFail } = interaction;
    const one = interactionResults[index] ?? {};
    const observation = observed[index] ?? { stateErrors: [] };
    const status = one.result === 'OK' ? 'passed' : mayFail ? 'pending' : 'failed';
    const stateErrors = observation.stateErrors.map(({ message }) => mask.maskText(message));
    const error = status === 'passed' ? undefined : remainingErrors[pending ? 'pending' : 'failed'].shift();
    // The verifier says no more about a failed state.
    const problems = toProblems(error, mask).filter(
      ({ type }) => stateErrors.length === 0 || type !== 'error',
    );
    return {
      ...createBaseResult(pact, interaction, mask),
      duration_ms: parseMilliseconds(one.duration),
      status,
      problems,
      stateErrors,
      fix: status === 'passed' ? [] : collectFixes(problems, observation).map(mask.maskText),
    };
  });
}
