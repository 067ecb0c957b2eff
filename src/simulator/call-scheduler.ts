import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { type CallView, callAt, isNews, told } from '../domain/call.ts';
import { timeOf } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { LONGEST_WITHOUT_A_HINT } from './change-notifications.ts';
import { clockOf, put } from './decide.ts';
import { callRef, clockRefs, EVERYONE } from './refs.ts';

/**
 * Told whenever the call may have changed: how it stands, undefined when it is gone, and that the listener has
 * been turned away.
 */
export type CallListener = (news: CallView | undefined | 'refused') => void;

/** The longest wait that a timer of this platform can be asked for, in milliseconds. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Calls are looked at a slice at a time, so that thousands of them do not keep an agent waiting. */
const SLICES = 20;

interface Watched {
  readonly callId: string;
  readonly clientId: string;
  readonly listeners: Set<CallListener>;
  looking?: Promise<void> | undefined;
  lookAgain: boolean;
  timer?: NodeJS.Timeout | undefined;
}

export type Watch = ReturnType<typeof callWatch>;

/**
 * The scheduler of this instance: for each call that somebody looks at, one timer for the next thing that its
 * script will do. Before anybody is told of an event, the call's history is closed up to it.
 *
 * @param onError called with what goes wrong while nobody waits for it
 */
export function callWatch(store: Store, onError: (error: unknown) => void) {
  const watched = new Map<string, Watched>();

  async function lookOnce(call: Watched): Promise<void> {
    const ref = callRef(call.callId);
    const { realTime, found } = await store.read(ref, ...clockRefs(call.clientId));
    const [record, own, everyones] = found;
    clearTimeout(call.timer);
    if (record === undefined) {
      for (const listener of [...call.listeners]) listener(undefined);
      return;
    }
    const clock = clockOf(own, everyones);
    const now = timeOf(clock, realTime);
    const view = callAt(record.value, now);
    if (isNews(record.value, view)) {
      if (!(await store.swap(put(ref, record, call.clientId, told(record.value, now))))) {
        call.lookAgain = true;
        return;
      }
    }
    for (const listener of [...call.listeners]) listener(view);
    if (view.nextAt === undefined || clock.frozenAt !== undefined || call.listeners.size === 0) return;
    call.timer = setTimeout(() => look(call).catch(onError), Math.min(view.nextAt - now, LONGEST_TIMER));
  }

  /** Looks at a call now; a look that is under way is followed by another. */
  function look(call: Watched): Promise<void> {
    call.lookAgain = true;
    call.looking ??= (async () => {
      try {
        while (call.lookAgain) {
          call.lookAgain = false;
          await lookOnce(call);
        }
      } finally {
        call.looking = undefined;
      }
    })();
    return call.looking;
  }

  const unwatch = store.watch(({ kind, id }) => {
    if (kind === 'call') {
      const call = watched.get(id);
      if (call !== undefined) look(call).catch(onError);
    } else if (kind === 'clock') {
      for (const call of watched.values())
        if (id === EVERYONE || id === call.clientId) look(call).catch(onError);
    }
  });

  let round = watched.values();
  const lookAround = setInterval(() => {
    for (let left = Math.ceil(watched.size / SLICES); left > 0; left -= 1) {
      const { value: call } = round.next();
      if (call === undefined) round = watched.values();
      else look(call).catch(onError);
    }
  }, LONGEST_WITHOUT_A_HINT / SLICES);
  // It works for those who listen; when nobody is left, the process may end.
  lookAround.unref();

  return {
    /** Tells `listener` how the call stands, now and whenever that changes, until the answer is called. */
    async call(callId: string, clientId: string, listener: CallListener): Promise<() => void> {
      const call = watched.get(callId) ?? { callId, clientId, listeners: new Set(), lookAgain: false };
      watched.set(callId, call);
      call.listeners.add(listener);
      const unwatch = () => {
        call.listeners.delete(listener);
        if (call.listeners.size > 0) return;
        clearTimeout(call.timer);
        if (watched.get(callId) === call) watched.delete(callId);
      };
      await look(call).catch((error) => {
        unwatch();
        throw error;
      });
      return unwatch;
    },

    /** Resolves when all that is due in the call has been told to whoever looks at it here. */
    async told(callId: string): Promise<void> {
      const call = watched.get(callId);
      if (call !== undefined) await look(call);
    },

    /** Resolves when all that is due in the calls of `clientId` (of everyone) has been told. */
    async settle(clientId?: string): Promise<void> {
      const calls = [...watched.values()].filter(
        (call) => clientId === undefined || call.clientId === clientId,
      );
      await Promise.all(calls.map(look));
    },

    close(): void {
      unwatch();
      clearInterval(lookAround);
      for (const call of watched.values()) clearTimeout(call.timer);
      watched.clear();
    },
  };
}
