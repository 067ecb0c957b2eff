/** A duration as scenarios write it, such as `1.5h` or `200ms`, or a number of milliseconds. */
export type Duration = string | number;

/** A duration in the control API's form, which limits the digits of milliseconds. */
export const toWrittenDuration = (length: Duration): string =>
  typeof length === 'string' ? length : `${(length / 1000).toFixed(3)}s`;
