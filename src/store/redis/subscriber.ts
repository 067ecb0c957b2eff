import { clearTimeout, pause, setTimeout } from '../../system/timers.ts';
import { WRONG_NODE } from './failures.ts';
import { withTimeout } from './with-timeout.ts';

export const RETRY_DELAY_MS = 250;
/** A server that is silent for longer is connected to again. */
const ANSWER_TIMEOUT_MS = 1_000;

/** A connection for messages, of the library. */
export interface SubscribingClient {
  on(event: 'error' | 'sharded-channel-moved', listener: () => void): unknown;
  connect(): Promise<unknown>;
  subscribe(channels: string[], listener: (message: string, channel: string) => unknown): Promise<unknown>;
  unsubscribe(channels: string[]): Promise<unknown>;
  sSubscribe: SubscribingClient['subscribe'];
  sUnsubscribe: SubscribingClient['unsubscribe'];
  destroy(): void;
}

/** Listens on channels, and subscribes again whenever the connection is lost. */
export interface Subscriber {
  /** Rejects when the first connection fails. */
  subscribe(): Promise<void>;
  /** Like `subscribe`, and repeats it until it succeeds. */
  start(): void;
  /** Listens on one more channel. Resolves when it does, or when there is no connection now. */
  add(channel: string): Promise<void>;
  remove(channel: string): void;
  destroy(): void;
}

/**
 * @param options.isSharded whether the channels belong to slots of a cluster
 * @param options.tried a channel that is joined and left to try it
 * @param options.onMessage called with each message
 * @param options.onSubscribed called after each connection; messages may have been missed before
 * @param options.onChannelMoved called when the server does not have, or no longer has, the slot of a channel
 */
export function createSubscriber({
  newClient,
  channels: first,
  isSharded = false,
  tried,
  onMessage,
  onSubscribed = () => {},
  onChannelMoved = () => {},
}: {
  readonly newClient: () => SubscribingClient;
  readonly channels: Iterable<string>;
  readonly isSharded?: boolean;
  readonly tried?: string;
  readonly onMessage: (message: string, channel: string) => void;
  readonly onSubscribed?: () => void;
  readonly onChannelMoved?: () => void;
}): Subscriber {
  const channels = new Set(first);
  let current: SubscribingClient | undefined;
  let retry: NodeJS.Timeout | undefined;
  let isDestroyed = false;
  /** The connection that is subscribed to all channels but those to join and to leave. */
  let subscribed: SubscribingClient | undefined;
  const joining = new Set<string>();
  const leaving = new Set<string>();
  let updating: Promise<void> | undefined;

  async function join(client: SubscribingClient, names: string[]): Promise<void> {
    if (!isSharded) await client.subscribe(names, onMessage);
    // A command may name channels of one slot only.
    else
      await Promise.all(
        names.map((name) => client.sSubscribe([name], onMessage).catch((error) => onRefused(name, error))),
      );
  }
  async function leave(client: SubscribingClient, names: string[]): Promise<void> {
    if (!isSharded) await client.unsubscribe(names);
    else await Promise.all(names.map((name) => client.sUnsubscribe([name]).catch(ignoreMoved)));
  }
  function ignoreMoved(error: Error): void {
    if (!WRONG_NODE.test(error.message)) throw error;
  }
  /** The server does not have the slot, or does not know yet that it has it. */
  function onRefused(name: string, error: Error): void {
    ignoreMoved(error);
    onChannelMoved();
    void retryJoin(name);
  }
  async function retryJoin(name: string): Promise<void> {
    await pause(RETRY_DELAY_MS);
    if (!channels.has(name)) return;
    joining.add(name);
    void startUpdate();
  }

  /** One after the other: the library forgets a channel that is joined while it is being left. */
  async function update(): Promise<void> {
    for (let client = subscribed; client && joining.size + leaving.size > 0; client = subscribed) {
      const [joined, left] = [[...joining], [...leaving]];
      joining.clear();
      leaving.clear();
      try {
        if (joined.length > 0) await withTimeout(ANSWER_TIMEOUT_MS, join(client, joined));
        if (left.length > 0) await withTimeout(ANSWER_TIMEOUT_MS, leave(client, left));
      } catch {
        if (client === subscribed) resubscribe();
      }
    }
    updating = undefined;
  }
  async function startUpdate(): Promise<void> {
    if (subscribed !== undefined && joining.size + leaving.size > 0) updating ??= update();
    await updating;
  }

  async function subscribe(): Promise<void> {
    if (isDestroyed) throw new Error('it is not subscribed to any more');
    const client = newClient();
    current = client;
    client.on('error', () => client === current && resubscribe());
    client.on('sharded-channel-moved', onChannelMoved);
    await client.connect();
    joining.clear();
    leaving.clear();
    await join(client, tried === undefined ? [...channels] : [...channels, tried]);
    if (tried !== undefined) await leave(client, [tried]);
    subscribed = client;
    await startUpdate();
    onSubscribed();
  }
  const start = () => void subscribe().catch(resubscribe);
  function resubscribe(): void {
    subscribed = undefined;
    clearTimeout(retry);
    current?.destroy();
    if (!isDestroyed) retry = setTimeout(start, RETRY_DELAY_MS);
  }

  return {
    subscribe,
    start,
    async add(channel) {
      if (!channels.has(channel)) {
        channels.add(channel);
        if (!leaving.delete(channel)) joining.add(channel);
      }
      // With others that are added or removed in the same moment.
      await Promise.resolve();
      await startUpdate();
    },
    remove(channel) {
      if (!channels.delete(channel)) return;
      if (!joining.delete(channel)) leaving.add(channel);
      void Promise.resolve().then(startUpdate);
    },
    destroy() {
      isDestroyed = true;
      clearTimeout(retry);
      current?.destroy();
    },
  };
}
