/** Every error of the control API by its name on the wire, with its status. */
export const ERRORS = {
  not_json: 400,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  timeout: 408,
  conflict: 409,
  too_large: 413,
  expectation_failed: 417,
  invalid: 422,
  internal: 500,
  unavailable: 503,
} as const;

export type ErrorName = keyof typeof ERRORS;
