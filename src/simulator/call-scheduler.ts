import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { type CallView, callAt, closeHistory, hasUnpublished } from '../domain/call.ts';
import { toVirtualTime } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { POLL_INTERVAL_MS } from './change-notifications.ts';
import { pickClock, putRecord } from './decide.ts';
import { ALL_CLIENTS, callRef, clockRefs } from './refs.ts';

/**
 * Told whenever the call may have changed: how it stands, undefined when it is gone, and that the listener has
 * been turned away.
 */
export type CallListener = (news: CallView | undefined | 'refused') => void;

/** The longest wait that a timer of this platform can be asked for, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Calls are looked at a slice at a time, so that thousands of them do not keep an agent waiting. */
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
 * The scheduler of this instance: for each call that somebody looks at, one timer for the next thing that its
 * script will do. Before anybody is told of an event, the call's history is closed up to it.
 *
 * @param onError called with what goes wrong while nobody waits for it
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

  /** Looks at a call now; a look that is under way is followed by another. */
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
  // It works for those who listen; when nobody is left, the process may end.
  pollTimer.unref();

  return {
    /** Tells `listener` how the call stands, now and whenever that changes, until the answer is called. */
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

    /** Resolves when all that is due in the call has been told to whoever looks at it here. */
    async flushCall(callId: string): Promise<void> {
      const call = watched.get(callId);
      if (call !== undefined) await refresh(call);
    },

    /** Resolves when all that is due in the calls of `clientId` (of everyone) has been told. */
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
