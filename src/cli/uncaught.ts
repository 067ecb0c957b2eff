/** From now on `tell` is told, and nobody else, of what nobody has caught; that it was not caught ends nothing. */
export function onUncaught(listener: (error: unknown) => void): void {
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.removeAllListeners(event);
    process.on(event, listener);
  }
}
