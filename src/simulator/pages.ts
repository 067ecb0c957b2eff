import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { type Call, callAt, startScript } from '../domain/call.ts';
import { createDetector, detectInPage } from '../domain/detection.ts';
import {
  addDiagnostics,
  type Diagnostics,
  extendStream,
  getOpenPages,
  LEASE_MS,
  markPosted,
  markPushed,
  NO_PRESENCE,
  openStream,
  type Presence,
  RELOAD_OVERLAP_MS,
  refuseSharedPage,
} from '../domain/presence.ts';
import { addMs, type Instant, type Ms, ms } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import type { CallListener, CallScheduler } from './call-scheduler.ts';
import { subscribeToChanges } from './change-notifications.ts';
import { decide, putRecord, readTime, requireUnchanged } from './decide.ts';
import type { createFindings } from './findings.ts';
import { ownerOf } from './record-kinds.ts';
import { callRef, presenceRef } from './refs.ts';

/** What is known of an event's way to the embedding page. */
export type DeliveryOutcome =
  /** No page of the call is open. */
  | { readonly page: 'none' }
  /** A page is open, and there was nothing to post. */
  | { readonly page: 'open' }
  | { readonly page: 'posted'; readonly postedAt: Instant }
  /** A page is open but has not reported in time. */
  | { readonly page: 'unconfirmed' };

/** As a {@link CallListener}; answers the ids of the events that it has sent to the page. */
export type PageListener = (...news: Parameters<CallListener>) => readonly number[];

/** A page's stream, which tells its listener how the call stands until it is closed. */
export interface Stream {
  /** @param lingerMs how long the page is believed to be there still: a long-poll comes back at once */
  close(lingerMs?: Ms): Promise<void>;
}

const LEASE_RENEWAL_MS = LEASE_MS / 3;

/** Who has the page of a call open, some time after `pageId` has come. */
interface PagesOpen {
  readonly presence: Presence;
  readonly pageId: string;
  readonly realTime: Instant;
}

const detectInPresence = createDetector<'presence', PagesOpen>({
  'token-shared': ({ presence, pageId, realTime }) =>
    refuseSharedPage(presence, pageId, realTime) === presence ? undefined : 'two pages at the same time',
});

/** The pages that clients look at: which are open, and what they have posted. */
export function createPages(
  store: Store,
  scheduler: CallScheduler,
  random: Random,
  strictTokens: boolean,
  { note }: Pick<ReturnType<typeof createFindings>, 'note'>,
) {
  /** Changes who is present in a call. Of a call that is gone nothing is left behind. */
  const updatePresence = (
    callId: string,
    rule: (presence: Presence, call: Call, realTime: Instant) => Presence,
  ) =>
    decide(store, [presenceRef(callId), callRef(callId)], ({ realTime, found: [presence, call] }) => {
      if (call === undefined) return { result: undefined };
      const before = presence?.value ?? NO_PRESENCE;
      const result = rule(before, call.value, realTime);
      if (result === before) return { result };
      return { changes: [putRecord(presenceRef(callId), presence, call.value.clientId, result)], result };
    });

  /** Notes that a page listens, which starts the script; whose call it is, or why it is not told. */
  const checkIn = (callId: string, pageId: string, stream: string) =>
    decide(store, [presenceRef(callId), callRef(callId)], async ({ realTime, found: [presence, call] }) => {
      const page = presence?.value.pages[pageId];
      if (presence === undefined || call === undefined || page === undefined) return { result: 'unknown' };
      if (page.refused) return { result: 'refused' };
      const { clientId } = call.value;
      const started = startScript(call.value, await readTime(store, clientId));
      const opened = openStream(presence.value, pageId, stream, realTime);
      return {
        changes: [
          putRecord(presenceRef(callId), presence, clientId, opened),
          started === call.value
            ? requireUnchanged(callRef(callId), call, clientId)
            : putRecord(callRef(callId), call, clientId, started),
        ],
        result: { clientId },
      };
    });

  /** Looks, some time after a page has come, whether its token is in use by another: if so it may be turned away. */
  async function checkSharedToken(callId: string, pageId: string, listener: CallListener): Promise<void> {
    const { realTime, found } = await store.read(presenceRef(callId));
    const presence = found[0]?.value;
    const mistakes = presence === undefined ? [] : detectInPresence({ presence, pageId, realTime });
    if (mistakes.length === 0) return;
    const clientId = ownerOf(presenceRef(callId));
    await note(mistakes, clientId, await readTime(store, clientId));
    if (!strictTokens) return;
    const judged = await updatePresence(callId, (before, _, now) => refuseSharedPage(before, pageId, now));
    if (judged?.pages[pageId]?.refused) listener('refused');
  }

  return {
    /**
     * A page of the call has opened a stream: `listener` hears of the call until the stream is closed. The
     * first page that comes starts the script. A page that nobody remembers hears that its call is gone.
     *
     * @param onError told of what goes wrong later, while nobody waits for it
     */
    async attachPage(
      callId: string,
      pageId: string,
      listener: PageListener,
      onError: (error: unknown) => void,
    ): Promise<Stream> {
      const stream = random.text(8);
      const keepOpenFor = (lingers: Ms) =>
        updatePresence(callId, (presence, _, realTime) =>
          extendStream(presence, pageId, stream, addMs(realTime, lingers)),
        );

      const publish: CallListener = (news) => {
        const sent = listener(news);
        if (sent.length === 0) return;
        updatePresence(callId, (presence, _, realTime) => markPushed(presence, sent, realTime)).catch(
          onError,
        );
      };

      const checkedIn = await checkIn(callId, pageId, stream);
      if (typeof checkedIn === 'string') {
        listener(checkedIn === 'refused' ? 'refused' : undefined);
        return { close: async () => {} };
      }
      const unwatch = await scheduler.call(callId, checkedIn.clientId, publish).catch(async (error) => {
        await keepOpenFor(ms(0));
        throw error;
      });
      const renewal = setInterval(() => keepOpenFor(LEASE_MS).catch(onError), LEASE_RENEWAL_MS);
      const sharedTokenCheck = setTimeout(
        () => checkSharedToken(callId, pageId, publish).catch(onError),
        RELOAD_OVERLAP_MS,
      );
      return {
        async close(lingers = ms(0)) {
          clearInterval(renewal);
          clearTimeout(sharedTokenCheck);
          unwatch();
          await keepOpenFor(lingers);
        },
      };
    },

    /** A page reports which posts it has made to its parent, by id, and what it sees of its embedding. */
    async report(
      callId: string,
      pageId: string,
      ids: readonly number[],
      diagnostics?: Diagnostics,
    ): Promise<void> {
      const [before] = (await store.read(presenceRef(callId))).found;
      const page = before?.value.pages[pageId];
      await updatePresence(callId, (presence, call, realTime) => {
        if (presence.pages[pageId] === undefined) return presence;
        const { posts } = callAt(call, call.closedUntil);
        const events = ids.flatMap((id) => posts[id]?.event ?? []);
        const reported = markPosted(presence, events, realTime);
        return diagnostics === undefined ? reported : addDiagnostics(reported, pageId, diagnostics);
      });
      if (diagnostics === undefined || page === undefined || page.diagnostics !== undefined) return;
      const clientId = ownerOf(presenceRef(callId));
      await note(detectInPage(diagnostics), clientId, await readTime(store, clientId));
    },

    /** Waits until a page has posted the event, but no longer than `patience` of real time. */
    async waitForDelivery(
      callId: string,
      eventId: number | undefined,
      timeout: Ms,
    ): Promise<DeliveryOutcome> {
      const changes = subscribeToChanges(store, ({ kind, id }) => kind === 'presence' && id === callId);
      let until: number | undefined;
      try {
        for (;;) {
          const { realTime, found } = await store.read(presenceRef(callId));
          const presence = found[0]?.value ?? NO_PRESENCE;
          const at = eventId === undefined ? undefined : presence.postedAt[eventId];
          if (at !== undefined) return { page: 'posted', postedAt: at };
          if (getOpenPages(presence, realTime).length === 0) return { page: 'none' };
          if (eventId === undefined) return { page: 'open' };
          until ??= realTime + timeout;
          if (realTime >= until) return { page: 'unconfirmed' };
          await changes.waitForNext(until - realTime);
        }
      } finally {
        changes.stop();
      }
    },
  };
}
