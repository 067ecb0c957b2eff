import { clearTimeout, setTimeout } from '../../system/timers.ts';

export const RETRY_DELAY_MS = 250;

/** A connection for messages, of the library. */
interface SubscribingClient {
  on(event: 'error', listener: (error: Error) => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channels: string[], listener: (message: string, channel: string) => unknown): Promise<unknown>;
  destroy(): void;
}

/** Listens on channels, and subscribes again whenever the connection is lost. */
export interface Subscriber {
  /** Rejects when the first connection fails. */
  subscribe(): Promise<void>;
  /** Like `subscribe`, and repeats it until it succeeds. */
  start(): void;
  destroy(): void;
}

/**
 * @param options.onMessage called with each message
 * @param options.onSubscribed called after each connection; messages may have been missed before
 */
export function createSubscriber({
  newClient,
  channels,
  onMessage,
  onSubscribed = () => {},
}: {
  readonly newClient: () => SubscribingClient;
  readonly channels: string[];
  readonly onMessage: (message: string, channel: string) => void;
  readonly onSubscribed?: () => void;
}): Subscriber {
  let current: SubscribingClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isDestroyed = false;

  async function subscribe(): Promise<void> {
    if (isDestroyed) throw new Error('it is not subscribed to any more');
    const client = newClient();
    current = client;
    client.on('error', () => client === current && resubscribe());
    await client.connect();
    await client.subscribe(channels, onMessage);
    onSubscribed();
  }
  const start = () => void subscribe().catch(resubscribe);
  function resubscribe(): void {
    clearTimeout(retry);
    current?.destroy();
    if (!isDestroyed) retry = setTimeout(start, RETRY_DELAY_MS);
  }

  return {
    subscribe,
    start,
    destroy() {
      isDestroyed = true;
      clearTimeout(retry);
      current?.destroy();
    },
  };
}
