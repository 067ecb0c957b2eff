import { type CallView, callAt, closeHistory, hasUnpublished } from '../domain/call.ts';
import type { Eventual } from '../domain/eventual.ts';
import { toVirtualTime } from '../domain/time.ts';
import type { Kind, Log, Ref, Store } from '../store/store.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';
import { pickClock, putRecord } from './decide.ts';
import { callRef, clockRefs } from './refs.ts';

/**
 * Called whenever the call may have changed: with its state, with undefined when it is gone, or with `refused` when the
 * listener may not attend.
 */
export type CallListener = (news: CallView | undefined | 'refused') => void;

/** The longest delay of a timer in Node, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;
/** How long after a failure a call is checked again, so that its next event is not lost. */
const RETRY_DELAY_MS = 1_000;

interface WatchedCall {
  readonly callId: string;
  readonly clientId: string;
  readonly listeners: Set<CallListener>;
  refreshing?: Promise<void> | undefined;
  needsRefresh: boolean;
  timer?: NodeJS.Timeout | undefined;
}

export type CallScheduler = ReturnType<typeof createCallScheduler>;

/**
 * The scheduler of this instance: one timer per watched call, for the next step of its script. The call's history is closed
 * up to an event before the event is published.
 *
 * @param onError called with failures of background work
 */
export function createCallScheduler(store: Store, onError: (error: unknown) => void) {
  const watched = new Map<string, WatchedCall>();

  async function refreshOnce(call: WatchedCall): Promise<void> {
    const ref = callRef(call.callId);
    const { realTime, found } = await store.read(ref, ...clockRefs(call.clientId));
    const [record, own, everyones] = found;
    clearTimeout(call.timer);
    if (record === undefined) {
      for (const listener of [...call.listeners]) listener(undefined);
      return;
    }
    const clock = pickClock(own, everyones);
    const now = toVirtualTime(clock, realTime);
    const view = callAt(record.value, now);
    if (hasUnpublished(record.value, view)) {
      if (!(await store.swap(putRecord(ref, record, call.clientId, closeHistory(record.value, now))))) {
        call.needsRefresh = true;
        return;
      }
    }
    for (const listener of [...call.listeners]) listener(view);
    if (view.nextAt === undefined || clock.frozenAt !== undefined || call.listeners.size === 0) return;
    refreshLater(call, Math.min(view.nextAt - now, MAX_TIMER_MS));
  }

  function refreshLater(call: WatchedCall, delay: number): void {
    clearTimeout(call.timer);
    call.timer = setTimeout(() => refresh(call).catch(onError), delay);
  }

  /** Checks a call now; when a check is running, another one follows it. */
  function refresh(call: WatchedCall): Promise<void> {
    call.needsRefresh = true;
    call.refreshing ??= (async () => {
      try {
        while (call.needsRefresh) {
          call.needsRefresh = false;
          await refreshOnce(call);
        }
      } catch (error) {
        if (watched.get(call.callId) === call) refreshLater(call, RETRY_DELAY_MS);
        throw error;
      } finally {
        call.refreshing = undefined;
      }
    })();
    return call.refreshing;
  }

  /** The calls of clients that are watched here. */
  const clients = new Map<
    string,
    { readonly calls: Set<WatchedCall>; readonly stop: Eventual<() => void> }
  >();

  function onChange(calls: ReadonlySet<WatchedCall>, changed?: Ref<Kind | Log>): void {
    if (changed?.kind === 'call') {
      const call = watched.get(changed.id);
      if (call !== undefined) refresh(call).catch(onError);
    } else if (changed === undefined || changed.kind === 'clock') {
      for (const call of calls) refresh(call).catch(onError);
    }
  }

  /** Resolves when no later change of the call is missed. */
  async function join(call: WatchedCall): Promise<void> {
    const { callId, clientId } = call;
    watched.set(callId, call);
    const known = clients.get(clientId);
    if (known === undefined) {
      const calls = new Set<WatchedCall>();
      clients.set(clientId, { calls, stop: store.watch((changed) => onChange(calls, changed), clientId) });
    }
    clients.get(clientId)?.calls.add(call);
    await clients.get(clientId)?.stop;
  }

  function leave(call: WatchedCall): void {
    clearTimeout(call.timer);
    if (watched.get(call.callId) !== call) return;
    watched.delete(call.callId);
    const client = clients.get(call.clientId);
    client?.calls.delete(call);
    if (client?.calls.size !== 0) return;
    clients.delete(call.clientId);
    Promise.resolve(client.stop).then((stop) => stop(), onError);
  }

  return {
    /** Calls `listener` with the call's state, now and on every change, until the returned function is called. */
    async call(callId: string, clientId: string, listener: CallListener): Promise<() => void> {
      const call = watched.get(callId) ?? { callId, clientId, listeners: new Set(), needsRefresh: false };
      call.listeners.add(listener);
      const unwatch = () => {
        call.listeners.delete(listener);
        if (call.listeners.size === 0) leave(call);
      };
      await join(call);
      await refresh(call).catch((error) => {
        unwatch();
        throw error;
      });
      return unwatch;
    },

    /** Resolves when everything due in the call has been published to its listeners on this instance. */
    async flushCall(callId: string): Promise<void> {
      const call = watched.get(callId);
      if (call !== undefined) await refresh(call);
    },

    /** Resolves when everything due in the calls of `clientId`, or of all, has been published. */
    async flush(clientId?: string): Promise<void> {
      const calls = [...watched.values()].filter(
        (call) => clientId === undefined || call.clientId === clientId,
      );
      await Promise.all(calls.map(refresh));
    },

    close(): void {
      for (const call of watched.values()) leave(call);
    },
  };
}
