/** A length of time as a scenario writes it, such as `1.5h` or `200ms`, or in milliseconds. */
export type Duration = string | number;

/** A length of time as the control API takes it, which has no room for many digits of milliseconds. */
export const toWrittenDuration = (length: Duration): string =>
  typeof length === 'string' ? length : `${(length / 1000).toFixed(3)}s`;
