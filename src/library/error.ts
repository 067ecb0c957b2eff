import type { ErrorName } from '../control/schema/errors.ts';

/**
 * What went wrong: an error of the control API by its name there, `unreachable` where nobody answers who is a
 * simulator, or `no_token` where a token was asked for and refused.
 */
export type MockErrorCode = ErrorName | 'unreachable' | 'no_token';

/** What is said of some errors beside their message. */
interface ErrorDetails {
  readonly hint?: string;
  readonly errors?: { path: string; message: string }[];
  readonly seen?: string[];
}

/**
 * Something that the simulator did not do, in words for whoever reads the test.
 *
 * @example
 * await mock.call('unheard-of').join().catch((error) => {
 *   console.log(error.code); // not_found
 *   console.log(error.message); // there is no such call for "unheard-of"; a call exists from …
 * });
 */
export class MockError extends Error {
  override readonly name = 'MockError';
  readonly code: MockErrorCode;
  /** What to do about it. */
  readonly hint: string | undefined;
  /** Of something that does not fit, each fault with its place (a JSON pointer). */
  readonly errors: NonNullable<ErrorDetails['errors']>;
  /** What was there instead of what was waited for. */
  readonly seen: readonly string[];

  constructor(
    code: MockErrorCode,
    message: string,
    { hint, errors = [], seen = [], ...options }: ErrorDetails & ErrorOptions = {},
  ) {
    // Of an uncaught error nothing is shown but its message.
    super(hint === undefined ? message : `${message}; ${hint}`, options);
    this.code = code;
    this.hint = hint;
    this.errors = errors;
    this.seen = seen;
  }
}

/** Lets it pass that something is not there, which is what `error` may say. */
export function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof MockError && error.code === 'not_found')) throw error;
}
