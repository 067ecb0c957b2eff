import { type Static, type TSchema, Type } from 'typebox';
import type { CallState } from '../../domain/call.ts';
import type { Diagnostics as PageDiagnostics } from '../../domain/presence.ts';

/** Path of the frame, and what belongs to it. Guide 5.3. */
export const CALL_PATHS = {
  page: '/call',
  events: '/call/events',
  reports: '/call/reports',
  foreign: '/call/foreign',
} as const;

/** What the server hands to the call page inside its HTML, as JSON. */
export interface PageSetup {
  /** Address of the page's event stream; it holds a ticket, never the access token. */
  readonly stream: string;
  /** Where the page reports what it has posted. */
  readonly reports: string;
  /** Ports that video needs beside this one (guide 6.2). Left out, nothing is said about them. */
  readonly ports?: readonly PortProbe[];
}

/** A port that the page is to try before the call; with no way to try it, it is named as one that was not tested. */
export interface PortProbe {
  /** As the client reads it, e.g. `TCP 4443`. */
  readonly name: string;
  /** Answers at that port to pages of any origin; the page's Content-Security-Policy must name it. */
  readonly url?: string;
  /** A server there that answers STUN, as WebRTC names it. */
  readonly stun?: string;
}

/** What the page is to post to its parent: itself, or through a frame of another origin at `foreign`. */
export interface PagePost {
  readonly data: unknown;
  readonly foreign?: string;
}

/**
 * One message of the stream. `post` comes with its id as the id of the server-sent event; without it only the
 * screen changes. `last`: nothing more will come. `reset`: the simulator knows this page no longer. `closing`:
 * the simulator is being stopped.
 */
export type StreamMessage =
  | { readonly state: CallState; readonly post?: PagePost; readonly last?: true }
  | { readonly reset: true }
  | { readonly closing: true };

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

/** What the page reports: the ids of the posts that it has made so far, and once what it sees of itself. */
export const PageReport = Type.Object({
  posted: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 10_000 }),
  diagnostics: Type.Optional(Diagnostics),
});
export type PageReport = Static<typeof PageReport>;
