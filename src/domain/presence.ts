import { type Instant, type Ms, ms } from './time.ts';

/**
 * What a page can see of how it is embedded. `null` where its browser cannot tell; nothing here is judged yet.
 */
export interface Diagnostics {
  /** It is no iframe at all. */
  readonly topLevel: boolean;
  /** Its parent is in an iframe itself, as under Cypress. */
  readonly nested: boolean;
  readonly secureContext: boolean | null;
  /** Its own origin; "null" in a sandbox without allow-same-origin. */
  readonly origin: string | null;
  /** Origin of the page around it. */
  readonly parentOrigin: string | null;
  /** Whether `allow` lets it have the camera and the microphone. */
  readonly cameraAllowed: boolean | null;
  readonly microphoneAllowed: boolean | null;
  readonly width: number;
  readonly height: number;
  readonly userAgent: string;
  readonly eventSource: boolean;
}

/** A page that was served for a call, and what became of it. In real time: it is about browsers, not scripts. */
export interface PagePresence {
  /** The access token that let it in. */
  readonly token: string;
  readonly servedAt: Instant;
  /** How many streams of it are open; a long-poll opens the next before the last is given up. */
  readonly streams: number;
  readonly openSince?: Instant;
  readonly diagnostics?: Diagnostics;
}

/** Which pages of a call there are, and what they have done. */
export interface Presence {
  readonly pages: Readonly<Record<string, PagePresence>>;
  /** When a page first reported to have posted an event, by event id. */
  readonly postedAt: Readonly<Record<number, Instant>>;
}

export const NOBODY: Presence = { pages: {}, postedAt: {} };

/** More pages than this of one call are not remembered; the oldest go first. */
const MOST_PAGES = 100;

/** Two streams of one token may overlap for as long as a reload takes. */
export const OVERLAP: Ms = ms(2_000);

const isOpenPage = ({ streams }: PagePresence) => streams > 0;

/** Whether any page of the call is open. */
export const isWatched = ({ pages }: Presence): boolean => Object.values(pages).some(isOpenPage);

const withPage = (presence: Presence, id: string, page: PagePresence): Presence => ({
  ...presence,
  pages: Object.fromEntries(Object.entries({ ...presence.pages, [id]: page }).slice(-MOST_PAGES)),
});

export const pageServed = (presence: Presence, id: string, token: string, now: Instant): Presence =>
  withPage(presence, id, { token, servedAt: now, streams: 0 });

/** A stream of the page has opened. A page that nobody remembers is none. */
export function streamOpened(presence: Presence, id: string, now: Instant): Presence {
  const page = presence.pages[id];
  if (page === undefined) return presence;
  return withPage(presence, id, { ...page, streams: page.streams + 1, openSince: page.openSince ?? now });
}

export function streamClosed(presence: Presence, id: string): Presence {
  const page = presence.pages[id];
  if (page === undefined || page.streams === 0) return presence;
  const { openSince: _, ...rest } = page;
  return withPage(
    presence,
    id,
    page.streams > 1 ? { ...page, streams: page.streams - 1 } : { ...rest, streams: 0 },
  );
}

/** What a page has told about itself; the first time counts. */
export function diagnosed(presence: Presence, id: string, diagnostics: Diagnostics): Presence {
  const page = presence.pages[id];
  if (page === undefined || page.diagnostics !== undefined) return presence;
  return withPage(presence, id, { ...page, diagnostics });
}

/** `presence` with the events `ids` noted as posted at `now`; the first report of each counts. */
export const posted = (presence: Presence, ids: readonly number[], now: Instant): Presence => ({
  ...presence,
  postedAt: { ...Object.fromEntries(ids.map((id) => [id, now])), ...presence.postedAt },
});

/** Whether a page with the same token was open before this one, and has been for longer than a reload takes. */
export function sharesToken({ pages }: Presence, id: string, now: Instant): boolean {
  const page = pages[id];
  return Object.entries(pages).some(
    ([other, { token, openSince }]) =>
      other !== id && token === page?.token && openSince !== undefined && now - openSince >= OVERLAP,
  );
}
