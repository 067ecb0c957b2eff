import { clearInterval, clearTimeout, setInterval, setTimeout } from 'node:timers';
import { type Call, callAt, checkedIn } from '../domain/call.ts';
import { createDetector, detectInPage } from '../domain/detection.ts';
import {
  type Diagnostics,
  diagnosed,
  LEASE,
  NOBODY,
  OVERLAP,
  openPages,
  type Presence,
  posted,
  pushed,
  refusedIfShared,
  streamOpened,
  streamOpenUntil,
} from '../domain/presence.ts';
import { after, type Instant, type Ms, ms } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import type { CallListener, Watch } from './call-scheduler.ts';
import { hintsAbout } from './change-notifications.ts';
import { decide, put, timeFor, unchanged } from './decide.ts';
import type { findings } from './findings.ts';
import { ownerOf } from './record-kinds.ts';
import { callRef, presenceRef } from './refs.ts';

/** What is known of an event's way to the embedding page. */
export type Delivery =
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
  /** @param lingers how long the page is believed to be there still: a long-poll comes back at once */
  close(lingers?: Ms): Promise<void>;
}

const RENEWED_EVERY = LEASE / 3;

/** Who has the page of a call open, some time after `pageId` has come. */
interface PagesOpen {
  readonly presence: Presence;
  readonly pageId: string;
  readonly realTime: Instant;
}

const detectInPresence = createDetector<'presence', PagesOpen>({
  'token-shared': ({ presence, pageId, realTime }) =>
    refusedIfShared(presence, pageId, realTime) === presence ? undefined : 'two pages at the same time',
});

/** The pages that clients look at: which are open, and what they have posted. */
export function pages(
  store: Store,
  watch: Watch,
  random: Random,
  strictTokens: boolean,
  { note }: Pick<ReturnType<typeof findings>, 'note'>,
) {
  /** Changes who is present in a call. Of a call that is gone nothing is left behind. */
  const change = (callId: string, rule: (presence: Presence, call: Call, realTime: Instant) => Presence) =>
    decide(store, [presenceRef(callId), callRef(callId)], ({ realTime, found: [presence, call] }) => {
      if (call === undefined) return { result: undefined };
      const before = presence?.value ?? NOBODY;
      const result = rule(before, call.value, realTime);
      if (result === before) return { result };
      return { changes: [put(presenceRef(callId), presence, call.value.clientId, result)], result };
    });

  /** Notes that a page listens, which starts the script; whose call it is, or why it is not told. */
  const checkIn = (callId: string, pageId: string, stream: string) =>
    decide(store, [presenceRef(callId), callRef(callId)], async ({ realTime, found: [presence, call] }) => {
      const page = presence?.value.pages[pageId];
      if (presence === undefined || call === undefined || page === undefined) return { result: 'unknown' };
      if (page.refused) return { result: 'refused' };
      const { clientId } = call.value;
      const started = checkedIn(call.value, await timeFor(store, clientId));
      const opened = streamOpened(presence.value, pageId, stream, realTime);
      return {
        changes: [
          put(presenceRef(callId), presence, clientId, opened),
          started === call.value
            ? unchanged(callRef(callId), call, clientId)
            : put(callRef(callId), call, clientId, started),
        ],
        result: { clientId },
      };
    });

  /** Looks, some time after a page has come, whether its token is in use by another: if so it may be turned away. */
  async function judge(callId: string, pageId: string, listener: CallListener): Promise<void> {
    const { realTime, found } = await store.read(presenceRef(callId));
    const presence = found[0]?.value;
    const mistakes = presence === undefined ? [] : detectInPresence({ presence, pageId, realTime });
    if (mistakes.length === 0) return;
    const clientId = ownerOf(presenceRef(callId));
    await note(mistakes, clientId, await timeFor(store, clientId));
    if (!strictTokens) return;
    const judged = await change(callId, (before, _, now) => refusedIfShared(before, pageId, now));
    if (judged?.pages[pageId]?.refused) listener('refused');
  }

  return {
    /**
     * A page of the call has opened a stream: `listener` hears of the call until the stream is closed. The
     * first page that comes starts the script. A page that nobody remembers hears that its call is gone.
     *
     * @param onError told of what goes wrong later, while nobody waits for it
     */
    async attend(
      callId: string,
      pageId: string,
      listener: PageListener,
      onError: (error: unknown) => void,
    ): Promise<Stream> {
      const stream = random.text(8);
      const openUntil = (lingers: Ms) =>
        change(callId, (presence, _, realTime) =>
          streamOpenUntil(presence, pageId, stream, after(realTime, lingers)),
        );

      const listen: CallListener = (news) => {
        const sent = listener(news);
        if (sent.length === 0) return;
        change(callId, (presence, _, realTime) => pushed(presence, sent, realTime)).catch(onError);
      };

      const checkedIn = await checkIn(callId, pageId, stream);
      if (typeof checkedIn === 'string') {
        listener(checkedIn === 'refused' ? 'refused' : undefined);
        return { close: async () => {} };
      }
      const unwatch = await watch.call(callId, checkedIn.clientId, listen).catch(async (error) => {
        await openUntil(ms(0));
        throw error;
      });
      const renewal = setInterval(() => openUntil(LEASE).catch(onError), RENEWED_EVERY);
      const judgement = setTimeout(() => judge(callId, pageId, listen).catch(onError), OVERLAP);
      return {
        async close(lingers = ms(0)) {
          clearInterval(renewal);
          clearTimeout(judgement);
          unwatch();
          await openUntil(lingers);
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
      await change(callId, (presence, call, realTime) => {
        if (presence.pages[pageId] === undefined) return presence;
        const { posts } = callAt(call, call.saidUntil);
        const events = ids.flatMap((id) => posts[id]?.event ?? []);
        const reported = posted(presence, events, realTime);
        return diagnostics === undefined ? reported : diagnosed(reported, pageId, diagnostics);
      });
      if (diagnostics === undefined || page === undefined || page.diagnostics !== undefined) return;
      const clientId = ownerOf(presenceRef(callId));
      await note(detectInPage(diagnostics), clientId, await timeFor(store, clientId));
    },

    /** Waits until a page has posted the event, but no longer than `patience` of real time. */
    async delivery(callId: string, eventId: number | undefined, patience: Ms): Promise<Delivery> {
      const hints = hintsAbout(store, ({ kind, id }) => kind === 'presence' && id === callId);
      let until: number | undefined;
      try {
        for (;;) {
          const { realTime, found } = await store.read(presenceRef(callId));
          const presence = found[0]?.value ?? NOBODY;
          const at = eventId === undefined ? undefined : presence.postedAt[eventId];
          if (at !== undefined) return { page: 'posted', postedAt: at };
          if (openPages(presence, realTime).length === 0) return { page: 'none' };
          if (eventId === undefined) return { page: 'open' };
          until ??= realTime + patience;
          if (realTime >= until) return { page: 'unconfirmed' };
          await hints.next(until - realTime);
        }
      } finally {
        hints.stop();
      }
    },
  };
}
