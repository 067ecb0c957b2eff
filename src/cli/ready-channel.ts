/** The diagnostics channel on which the command tells its launcher, which is bundled apart, that the server is ready. */
export const READY_CHANNEL = 'mock-veridas:ready';
