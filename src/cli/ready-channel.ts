import { channel, subscribe } from 'node:diagnostics_channel';

/** Between command and launcher, which are bundled apart. */
const READY_CHANNEL = 'mock-veridas:ready';

/** Publishes that the server is ready. */
export const publishReady = (): void => channel(READY_CHANNEL).publish(undefined);

/** Calls `listener` when the server is ready. */
export const onReady = (listener: () => void): void => subscribe(READY_CHANNEL, listener);
