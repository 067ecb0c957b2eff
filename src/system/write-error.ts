/** Describes why a file or folder cannot be written, and what to do. */
export const describeWriteError = (error: unknown): string =>
  `${(error as Error).message}; choose a place that this user can write to`;
