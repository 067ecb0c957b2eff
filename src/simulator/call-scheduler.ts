import { type CallView, callAt, closeHistory, hasUnpublished } from '../domain/call.ts';
import { toVirtualTime } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../system/timers.ts';
import { POLL_INTERVAL_MS } from './change-notifications.ts';
import { pickClock, putRecord } from './decide.ts';
import { ALL_CLIENTS, callRef, clockRefs } from './refs.ts';

/**
 * Called whenever the call may have changed: with its state, with undefined when it is gone, or with `refused` when the
 * listener may not attend.
 */
export type CallListener = (news: CallView | undefined | 'refused') => void;

/** The longest delay of a timer in Node, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls are checked in batches, so that thousands of them do not delay an agent's action. */
const POLL_SLICES = 20;

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
    call.timer = setTimeout(() => refresh(call).catch(onError), Math.min(view.nextAt - now, MAX_TIMER_MS));
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
      } finally {
        call.refreshing = undefined;
      }
    })();
    return call.refreshing;
  }

  const unwatch = store.watch(({ kind, id }) => {
    if (kind === 'call') {
      const call = watched.get(id);
      if (call !== undefined) refresh(call).catch(onError);
    } else if (kind === 'clock') {
      for (const call of watched.values())
        if (id === ALL_CLIENTS || id === call.clientId) refresh(call).catch(onError);
    }
  });

  let pollCursor = watched.values();
  const pollTimer = setInterval(() => {
    for (let left = Math.ceil(watched.size / POLL_SLICES); left > 0; left -= 1) {
      const { value: call } = pollCursor.next();
      if (call === undefined) pollCursor = watched.values();
      else refresh(call).catch(onError);
    }
  }, POLL_INTERVAL_MS / POLL_SLICES);
  // The timer serves listeners only: without any, the process may exit.
  pollTimer.unref();

  return {
    /** Calls `listener` with the call's state, now and on every change, until the returned function is called. */
    async call(callId: string, clientId: string, listener: CallListener): Promise<() => void> {
      const call = watched.get(callId) ?? { callId, clientId, listeners: new Set(), needsRefresh: false };
      watched.set(callId, call);
      call.listeners.add(listener);
      const unwatch = () => {
        call.listeners.delete(listener);
        if (call.listeners.size > 0) return;
        clearTimeout(call.timer);
        if (watched.get(callId) === call) watched.delete(callId);
      };
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
      unwatch();
      clearInterval(pollTimer);
      for (const call of watched.values()) clearTimeout(call.timer);
      watched.clear();
    },
  };
}
