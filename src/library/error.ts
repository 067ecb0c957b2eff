import type { ErrorName } from '../control/schema/errors.ts';

/**
 * The error code: that of the control API, `unreachable` when no simulator answers, or `no_token` when the token endpoint
 * refused.
 */
export type MockErrorCode = ErrorName | 'unreachable' | 'no_token';

/** Details that some errors have besides their message. */
interface ErrorDetails {
  readonly hint?: string;
  readonly errors?: { path: string; message: string }[];
  readonly seen?: string[];
}

/**
 * A request that the simulator refused or could not carry out. The message is written for the reader of the test.
 *
 * @example
 * await mock.call('unheard-of').join().catch((error) => {
 *   console.log(error.code); // not_found
 *   console.log(error.message); // there is no such call for "unheard-of"; a call exists once …
 * });
 */
export class MockError extends Error {
  override readonly name = 'MockError';
  readonly code: MockErrorCode;
  /** How to fix it. */
  readonly hint: string | undefined;
  /** Every invalid part of the request, with its JSON pointer. */
  readonly errors: NonNullable<ErrorDetails['errors']>;
  /** What happened instead of what was waited for. */
  readonly seen: readonly string[];

  constructor(
    code: MockErrorCode,
    message: string,
    { hint, errors = [], seen = [], ...options }: ErrorDetails & ErrorOptions = {},
  ) {
    // Node prints only the message of an uncaught error.
    super(hint === undefined ? message : `${message}; ${hint}`, options);
    this.code = code;
    this.hint = hint;
    this.errors = errors;
    this.seen = seen;
  }
}

/** Ignores an error that only says that something does not exist; rethrows all others. */
export function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof MockError && error.code === 'not_found')) throw error;
}
