import { addMs, type Instant, latest, type Ms, ms } from './time.ts';

/**
 * What a page can see of its embedding. `null` when its browser cannot tell; nothing is judged here.
 */
export interface Diagnostics {
  /** It is not in an iframe. */
  readonly topLevel: boolean;
  /** Its parent is in an iframe itself, for example under Cypress. */
  readonly nested: boolean;
  readonly secureContext: boolean | null;
  /** Its own origin; "null" in a sandbox without allow-same-origin. */
  readonly origin: string | null;
  /** Origin of the embedding page; "null" when that has none, or when Firefox hides it. */
  readonly parentOrigin: string | null;
  /** Whether the iframe's `allow` permits camera and microphone. */
  readonly cameraAllowed: boolean | null;
  readonly microphoneAllowed: boolean | null;
  readonly width: number;
  readonly height: number;
  readonly userAgent: string;
  readonly eventSource: boolean;
  /** Whether its browser can make a video call; pages of older releases do not report it. */
  readonly webRtc?: boolean;
}

/** A page that was served for a call, and what it has done. In real time: it is about browsers, not scripts. */
export interface PagePresence {
  /** The access token it was opened with. */
  readonly token: string;
  readonly servedAt: Instant;
  /** A browser asked for it to show it, so its script will open a stream. */
  readonly isShown?: true;
  /** Its stream, when the first one opened, and until when it counts as open without a sign of life. */
  readonly stream?: { readonly id: string; readonly openSince: Instant; readonly openUntil: Instant };
  /** It was refused, because another page uses its token. */
  readonly refused?: true;
  readonly diagnostics?: Diagnostics;
}

/** The pages of a call, and what they have done. */
export interface Presence {
  readonly pages: Readonly<Record<string, PagePresence>>;
  /** When an event was first sent to a page, by event id. */
  readonly pushedAt: Readonly<Record<number, Instant>>;
  /** When a page first reported to have posted an event, by event id. */
  readonly postedAt: Readonly<Record<number, Instant>>;
}

export const NO_PRESENCE: Presence = { pages: {}, pushedAt: {}, postedAt: {} };

/** The maximum number of pages kept per call; the oldest are dropped first. */
const MAX_PAGES = 100;

/** A stream whose process has died counts as open for this long after its last sign of life. */
export const LEASE_MS: Ms = ms(45_000);

/** How long two streams of one token may overlap, for a reload. */
export const RELOAD_OVERLAP_MS: Ms = ms(2_000);

const isOpen = ({ stream }: PagePresence, now: Instant) => stream !== undefined && stream.openUntil > now;

/** The pages of the call that are open at `now`. */
export const getOpenPages = ({ pages }: Presence, now: Instant): string[] =>
  Object.keys(pages).filter((id) => isOpen(pages[id] as PagePresence, now));

/** Until when a page was open, or will be without a sign of life; undefined when none ever was. */
export function getLastOpen({ pages }: Presence): Instant | undefined {
  const ends = Object.values(pages).flatMap(({ stream }) => stream?.openUntil ?? []);
  return ends.length === 0 ? undefined : latest(...ends);
}

/** `presence` with a page changed by `rule`. An unknown page changes nothing. */
function updatePage(presence: Presence, id: string, rule: (page: PagePresence) => PagePresence): Presence {
  const page = presence.pages[id];
  const changed = page && rule(page);
  if (changed === undefined || changed === page) return presence;
  return { ...presence, pages: { ...presence.pages, [id]: changed } };
}

/** A page that is served. */
export interface ServedPage extends Pick<PagePresence, 'isShown'> {
  readonly id: string;
}

export const addPage = (
  presence: Presence,
  { id, isShown }: ServedPage,
  token: string,
  now: Instant,
): Presence => {
  const page = { token, servedAt: now, ...(isShown && { isShown }) };
  return {
    ...presence,
    pages: Object.fromEntries([...Object.entries(presence.pages), [id, page] as const].slice(-MAX_PAGES)),
  };
};

/** A page that a browser shows has opened its stream by this time after it was served. */
const CHECK_IN_TIMEOUT_MS: Ms = ms(3_000);

/** Until when to wait at most for pages that were served and have not checked in yet; undefined when there is none. */
export function getCheckInDeadline({ pages }: Presence, now: Instant): Instant | undefined {
  const deadlines = Object.values(pages)
    .filter(({ isShown, stream, refused }) => isShown && stream === undefined && !refused)
    .map(({ servedAt }) => addMs(servedAt, CHECK_IN_TIMEOUT_MS))
    .filter((deadline) => deadline > now);
  return deadlines.length === 0 ? undefined : latest(...deadlines);
}

/** The page has opened a stream, which replaces an earlier one. */
export const openStream = (presence: Presence, id: string, stream: string, now: Instant): Presence =>
  updatePage(presence, id, (page) => ({
    ...page,
    stream: {
      id: stream,
      openSince: isOpen(page, now) ? (page.stream?.openSince ?? now) : now,
      openUntil: addMs(now, LEASE_MS),
    },
  }));

/** The page's stream, unless a newer one has replaced it, counts as open until `until`. */
export const extendStream = (presence: Presence, id: string, stream: string, until: Instant): Presence =>
  updatePage(presence, id, (page) =>
    page.stream?.id === stream ? { ...page, stream: { ...page.stream, openUntil: until } } : page,
  );

/** Records what a page has reported about itself; only the first report counts. */
export const addDiagnostics = (presence: Presence, id: string, diagnostics: Diagnostics): Presence =>
  updatePage(presence, id, (page) => (page.diagnostics === undefined ? { ...page, diagnostics } : page));

type FirstTimes = Presence['pushedAt'];

/** `times` with `ids` recorded at `now`; the first time of each counts. */
function addFirstTimes(times: FirstTimes, ids: readonly number[], now: Instant): FirstTimes {
  const newIds = ids.filter((id) => times[id] === undefined);
  return newIds.length === 0 ? times : { ...times, ...Object.fromEntries(newIds.map((id) => [id, now])) };
}

/** `presence` with the events `ids` recorded as sent to a page at `now`. */
export function markPushed(presence: Presence, ids: readonly number[], now: Instant): Presence {
  const pushedAt = addFirstTimes(presence.pushedAt, ids, now);
  return pushedAt === presence.pushedAt ? presence : { ...presence, pushedAt };
}

/** `presence` with the events `ids` recorded as posted at `now`, and as sent, which they must have been. */
export function markPosted(presence: Presence, ids: readonly number[], now: Instant): Presence {
  const sent = markPushed(presence, ids, now);
  const postedAt = addFirstTimes(sent.postedAt, ids, now);
  return postedAt === sent.postedAt ? sent : { ...sent, postedAt };
}

/** Whether a page and another one of its call, with another token, are both open. */
export const hasRivalPage = ({ pages }: Presence, id: string, now: Instant): boolean => {
  const page = pages[id];
  return (
    page !== undefined &&
    isOpen(page, now) &&
    Object.values(pages).some((other) => other.token !== page.token && isOpen(other, now))
  );
};

/** Refuses a page whose token was used by another page before it and still is. Guide 5.2. */
export const refuseSharedPage = (presence: Presence, id: string, now: Instant): Presence =>
  updatePage(presence, id, (page) => {
    const since = page.stream?.openSince ?? now;
    const isShared = Object.entries(presence.pages).some(
      ([other, { token, stream }]) =>
        other !== id &&
        token === page.token &&
        stream !== undefined &&
        stream.openUntil > now &&
        // Of two that opened in the same millisecond, one is the first too.
        (stream.openSince < since || (stream.openSince === since && other < id)),
    );
    return isShared ? { ...page, refused: true } : page;
  });
