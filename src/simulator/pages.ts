import { type Call, callAt, checkedIn } from '../domain/call.ts';
import {
  type Diagnostics,
  diagnosed,
  isWatched,
  NOBODY,
  type Presence,
  posted,
  sharesToken,
  streamClosed,
  streamOpened,
} from '../domain/presence.ts';
import type { Instant, Ms } from '../domain/time.ts';
import type { Ref, Store } from '../store/store.ts';
import { decide, put, timeFor } from './decide.ts';
import { callRef, presenceRef } from './refs.ts';
import type { CallListener, Watch } from './watch.ts';

/** What is known of an event's way to the embedding page. */
export type Delivery =
  /** No page of the call is open. */
  | { readonly page: 'none' }
  /** A page is open, and there was nothing to post. */
  | { readonly page: 'open' }
  | { readonly page: 'posted'; readonly postedAt: Instant }
  /** A page is open but has not reported in time. */
  | { readonly page: 'unconfirmed' };

/** What a page says of itself: the events that it has posted, and once what it sees of its embedding. */
export interface Report {
  readonly posted: readonly number[];
  readonly diagnostics?: Diagnostics;
}

/** Change hints may get lost between instances, so that nobody relies on them for longer than this. */
const LONGEST_WAIT_FOR_A_HINT = 1000;

/** Hints about one record, of which none is missed between two waits. */
function hintsAbout(store: Store, ref: Ref) {
  let hinted = false;
  let wake = () => {};
  const stop = store.watch(({ kind, id }) => {
    if (kind !== ref.kind || id !== ref.id) return;
    hinted = true;
    wake();
  });
  return {
    stop,
    /** Resolves at the next hint, and after `patience` milliseconds at the latest. */
    async next(patience: number): Promise<void> {
      if (!hinted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, patience);
          wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      hinted = false;
    },
  };
}

/** The pages that clients look at: which are open, and what they have posted. */
export function pages(store: Store, watch: Watch) {
  /** Changes who is present in a call; of a call that is gone nothing is left behind. */
  const change = (callId: string, rule: (presence: Presence, call: Call, realTime: Instant) => Presence) =>
    decide(store, [presenceRef(callId), callRef(callId)], ({ realTime, found: [presence, call] }) => {
      if (call === undefined) return { result: undefined };
      const before = presence?.value ?? NOBODY;
      const value = rule(before, call.value, realTime);
      if (value === before) return { result: undefined };
      return {
        changes: [put(presenceRef(callId), presence, call.value.clientId, value)],
        result: undefined,
      };
    });

  /** Notes that a page is there, which starts the script; whose call it is, or undefined when it is gone. */
  const checkIn = (callId: string) =>
    decide(store, [callRef(callId)], async ({ found: [call] }) => {
      if (call === undefined) return { result: undefined };
      const { clientId } = call.value;
      const value = checkedIn(call.value, await timeFor(store, clientId));
      if (value === call.value) return { result: clientId };
      return { changes: [put(callRef(callId), call, clientId, value)], result: clientId };
    });

  return {
    /**
     * A page of the call has opened a stream: `listener` hears of the call until the answer is called. The
     * first page that comes starts the script.
     */
    async attend(callId: string, pageId: string, listener: CallListener): Promise<() => Promise<void>> {
      const clientId = await checkIn(callId);
      if (clientId === undefined) {
        listener(undefined);
        return async () => {};
      }
      await change(callId, (presence, _, realTime) => streamOpened(presence, pageId, realTime));
      const leave = await watch.call(callId, clientId, listener);
      return () => {
        leave();
        return change(callId, (presence) => streamClosed(presence, pageId));
      };
    },

    /** A page reports which events it has posted to its parent, by id, and what it sees of its embedding. */
    report: (callId: string, pageId: string, { posted: ids, diagnostics }: Report): Promise<void> =>
      change(callId, (presence, call, realTime) => {
        const said = callAt(call, call.saidUntil).events.length;
        const valid = ids.filter((id) => id < said && presence.postedAt[id] === undefined);
        const reported = valid.length === 0 ? presence : posted(presence, valid, realTime);
        return diagnostics === undefined ? reported : diagnosed(reported, pageId, diagnostics);
      }),

    /** Whether the page's token is in use by a page that was there before. Guide 5.2. */
    async sharesToken(callId: string, pageId: string): Promise<boolean> {
      const { realTime, found } = await store.read(presenceRef(callId));
      return sharesToken(found[0]?.value ?? NOBODY, pageId, realTime);
    },

    /** Waits until a page has posted the event, but no longer than `patience` of real time. */
    async delivery(callId: string, eventId: number | undefined, patience: Ms): Promise<Delivery> {
      const hints = hintsAbout(store, presenceRef(callId));
      let until: number | undefined;
      try {
        for (;;) {
          const { realTime, found } = await store.read(presenceRef(callId));
          const presence = found[0]?.value ?? NOBODY;
          const at = eventId === undefined ? undefined : presence.postedAt[eventId];
          if (at !== undefined) return { page: 'posted', postedAt: at };
          if (!isWatched(presence)) return { page: 'none' };
          if (eventId === undefined) return { page: 'open' };
          until ??= realTime + patience;
          if (realTime >= until) return { page: 'unconfirmed' };
          await hints.next(Math.min(until - realTime, LONGEST_WAIT_FOR_A_HINT));
        }
      } finally {
        hints.stop();
      }
    },
  };
}
