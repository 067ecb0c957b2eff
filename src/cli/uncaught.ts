/** Replaces all handlers of uncaught errors by `listener`, so that such an error no longer ends the process. */
export function onUncaught(listener: (error: unknown) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.removeAllListeners(event);
    process.on(event, listener);
  }
}
