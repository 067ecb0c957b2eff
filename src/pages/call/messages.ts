import type { Static, TSchema } from 'typebox';
import * as Type from 'typebox';
import type { CallState } from '../../domain/call-state.ts';
import type { Diagnostics as PageDiagnostics } from '../../domain/presence.ts';
import type { CallTexts } from './texts.ts';

/** The path of the frame, and of its resources. Guide 5.3. */
export const CALL_PATHS = {
  page: '/call',
  events: '/call/events',
  reports: '/call/reports',
  foreign: '/call/foreign',
} as const;

/** The data that the server embeds in the call page, as JSON. */
export interface PageSetup {
  /** The path and query of the page's event stream; they contain a ticket, never the access token. */
  readonly stream: string;
  /** The path and query at which the page reports what it has posted. */
  readonly reports: string;
  /** A name of this simulator that no other page uses, if the browser resolves it: it allows six streams per host. */
  readonly ownHost: string;
  /** The ports for video besides this one (guide 6.2). Without them the page shows nothing about ports. */
  readonly ports?: readonly PortProbe[];
  /** What the script writes for customers. */
  readonly texts: Pick<CallTexts, 'connection' | 'browser'>;
}

/** A port that the page probes before the call; without a way to probe it, it is shown as not tested. */
export interface PortProbe {
  /** The label for the client, e.g. `TCP 4443`. */
  readonly name: string;
  /** Answers there to pages of any origin; the page's Content-Security-Policy must allow it. */
  readonly url?: string;
  /** A STUN server there, as WebRTC writes it. */
  readonly stun?: string;
}

/** What the page posts to its parent: by itself, or through a frame of another origin, at the path `foreign`. */
export interface PagePost {
  readonly data: unknown;
  readonly foreign?: string;
}

/**
 * One message of the stream. `post` has its id as the id of the server-sent event; without it only the screen changes.
 * `last`: no more messages follow. `reset`: the simulator does not know this page any more. `closing`: the simulator is
 * stopping. `poll`: too many pages of this browser stream from this host, so this one has to poll.
 */
export type StreamMessage =
  | { readonly state: CallState; readonly post?: PagePost; readonly last?: true }
  | { readonly reset: true }
  | { readonly closing: true }
  | { readonly poll: true };

const textOrNull = Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]);
const booleanOrNull = Type.Union([Type.Boolean(), Type.Null()]);

export const Diagnostics = Type.Object({
  topLevel: Type.Boolean(),
  nested: Type.Boolean(),
  secureContext: booleanOrNull,
  origin: textOrNull,
  parentOrigin: textOrNull,
  cameraAllowed: booleanOrNull,
  microphoneAllowed: booleanOrNull,
  width: Type.Number(),
  height: Type.Number(),
  userAgent: Type.String({ maxLength: 1000 }),
  eventSource: Type.Boolean(),
  webRtc: Type.Optional(Type.Boolean()),
} satisfies Record<keyof PageDiagnostics, TSchema>);

/** A page's report: the ids of its posts so far, and once what it sees of its embedding. */
export const PageReport = Type.Object({
  posted: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 10_000 }),
  diagnostics: Type.Optional(Diagnostics),
});
export type PageReport = Static<typeof PageReport>;
