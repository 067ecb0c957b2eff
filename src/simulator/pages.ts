import { type Call, callAt, startScript } from '../domain/call.ts';
import { createDetector, detectInPage } from '../domain/detection.ts';
import {
  addDiagnostics,
  type Diagnostics,
  extendStream,
  getCheckInDeadline,
  getOpenPages,
  hasRivalPage,
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
import { clearInterval, clearTimeout, setInterval, setTimeout } from '../system/timers.ts';
import type { CallListener, CallScheduler } from './call-scheduler.ts';
import { subscribeToChanges } from './change-notifications.ts';
import { decide, putRecord, readTime, requireUnchanged } from './decide.ts';
import type { createFindings } from './findings.ts';
import type { createPageCoverage } from './page-coverage.ts';
import { getOwner } from './record-kinds.ts';
import { ALL_CLIENTS, callRef, coverageRef, presenceRef } from './refs.ts';

/** The delivery of an event to the embedding page. */
export type DeliveryOutcome =
  /** No page of the call is open. */
  | { readonly page: 'none' }
  /** A page is open, and there was nothing to post. */
  | { readonly page: 'open' }
  | { readonly page: 'posted'; readonly postedAt: Instant }
  /** A page is open but has not reported in time. */
  | { readonly page: 'unconfirmed' };

/** Like a {@link CallListener}; returns the ids of the events it has sent to the page. */
export type PageListener = (...news: Parameters<CallListener>) => readonly number[];

/** A page's stream: its listener gets the state of the call until the stream is closed. */
export interface Stream {
  /** @param lingerMs how long the page counts as open after that: a long-poll reconnects at once */
  close(lingerMs?: Ms): Promise<void>;
}

const LEASE_RENEWAL_MS = LEASE_MS / 3;

/** The presence of a call, some time after `pageId` has opened its stream. */
interface PresenceCheck {
  readonly presence: Presence;
  readonly pageId: string;
  readonly realTime: Instant;
}

const detectInPresence = createDetector<'presence', PresenceCheck>({
  'token-shared': ({ presence, pageId, realTime }) =>
    refuseSharedPage(presence, pageId, realTime) === presence ? undefined : 'two pages open at the same time',
  'validation-in-two-frames': ({ presence, pageId, realTime }) =>
    hasRivalPage(presence, pageId, realTime) ? 'two pages with two tokens' : undefined,
});

/**
 * The open pages of calls, and what they have posted.
 *
 * @param onStream called when a page has opened or closed its stream
 */
export function createPages(
  store: Store,
  scheduler: CallScheduler,
  random: Random,
  strictTokens: boolean,
  { note }: Pick<ReturnType<typeof createFindings>, 'note'>,
  coverage: Pick<ReturnType<typeof createPageCoverage>, 'add' | 'checkIn' | 'createViewer' | 'addPosts'>,
  onStream: () => void,
) {
  /** Updates the presence of a call. Nothing is kept for a call that is gone. */
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

  /** Records that a page listens, which starts the script. Returns what that plays, or why the page may not listen. */
  const checkIn = (callId: string, pageId: string, stream: string) => {
    const refs = [presenceRef(callId), callRef(callId), coverageRef(getOwner(callRef(callId)))] as const;
    return decide(store, refs, async ({ realTime, found: [presence, call, covered] }) => {
      const page = presence?.value.pages[pageId];
      if (presence === undefined || call === undefined || page === undefined) return { result: 'unknown' };
      if (page.refused) return { result: 'refused' };
      const { clientId } = call.value;
      const now = await readTime(store, clientId);
      const started = startScript(call.value, now);
      const opened = openStream(presence.value, pageId, stream, realTime);
      const opening = { call: started, presence: presence.value, pageId, now, realTime };
      const { played, changes } = await coverage.checkIn(opening, covered);
      return {
        changes: [
          putRecord(presenceRef(callId), presence, clientId, opened),
          started === call.value
            ? requireUnchanged(callRef(callId), call, clientId)
            : putRecord(callRef(callId), call, clientId, started),
          ...changes,
        ],
        result: { clientId, played },
      };
    });
  };

  /** Checks, some time after a page opened, whether another page uses its token; if so the page may be refused. */
  async function checkSharedToken(callId: string, pageId: string, listener: CallListener): Promise<void> {
    const { realTime, found } = await store.read(presenceRef(callId));
    const presence = found[0]?.value;
    const mistakes = presence === undefined ? [] : detectInPresence({ presence, pageId, realTime });
    if (mistakes.length === 0) return;
    const clientId = getOwner(presenceRef(callId));
    await note(mistakes, clientId, await readTime(store, clientId));
    if (!strictTokens) return;
    const judged = await updatePresence(callId, (before, _, now) => refuseSharedPage(before, pageId, now));
    if (judged?.pages[pageId]?.refused) listener('refused');
  }

  return {
    /**
     * Attaches a page to its call: `listener` gets the call's state until the stream is closed. The first page starts the
     * script. An unknown page learns that its call no longer exists.
     *
     * @param onError called with later failures of background work
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

      const view = coverage.createViewer(getOwner(callRef(callId)), onError);
      const publish: CallListener = (news) => {
        if (typeof news === 'object') view(news);
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
      onStream();
      const { clientId, played } = checkedIn;
      if (played.length > 0) await coverage.add(clientId, played);
      const unwatch = await scheduler.call(callId, clientId, publish).catch(async (error) => {
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
          onStream();
        },
      };
    },

    /** Records which posts a page has made to its parent, by id, and what it reports about its embedding. */
    async report(
      callId: string,
      pageId: string,
      ids: readonly number[],
      diagnostics?: Diagnostics,
    ): Promise<void> {
      const clientId = getOwner(presenceRef(callId));
      const { found } = await store.read(
        presenceRef(callId),
        callRef(callId),
        coverageRef(clientId),
        coverageRef(ALL_CLIENTS),
      );
      const [before, call, own, all] = found;
      const page = before?.value.pages[pageId];
      await updatePresence(callId, (presence, call, realTime) => {
        if (presence.pages[pageId] === undefined) return presence;
        const { posts } = callAt(call, call.closedUntil);
        const events = ids.flatMap((id) => posts[id]?.event ?? []);
        const reported = markPosted(presence, events, realTime);
        return diagnostics === undefined ? reported : addDiagnostics(reported, pageId, diagnostics);
      });
      if (page === undefined) return;
      const isEmbedded = !(diagnostics ?? page.diagnostics)?.topLevel;
      if (isEmbedded && call !== undefined && ids.length > 0)
        await coverage.addPosts(call.value, page, ids, { own, all });
      if (diagnostics === undefined || page.diagnostics !== undefined) return;
      await note(detectInPage(diagnostics), clientId, await readTime(store, clientId));
    },

    /**
     * Waits until a page has posted the event, for at most `timeout` of real time, and before that for a page that was served
     * to open its stream.
     */
    async waitForDelivery(
      callId: string,
      eventId: number | undefined,
      timeout: Ms,
    ): Promise<DeliveryOutcome> {
      const changes = await subscribeToChanges(
        store,
        getOwner(presenceRef(callId)),
        ({ kind, id }) => kind === 'presence' && id === callId,
      );
      let until: number | undefined;
      try {
        for (;;) {
          const { realTime, found } = await store.read(presenceRef(callId));
          const presence = found[0]?.value ?? NO_PRESENCE;
          const at = eventId === undefined ? undefined : presence.postedAt[eventId];
          if (at !== undefined) return { page: 'posted', postedAt: at };
          if (getOpenPages(presence, realTime).length === 0) {
            const deadline = getCheckInDeadline(presence, realTime);
            if (deadline === undefined) return { page: 'none' };
            await changes.waitForNext(deadline - realTime);
            continue;
          }
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
