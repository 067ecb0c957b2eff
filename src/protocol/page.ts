import { type Static, type TSchema, Type } from 'typebox';
import type { CallState } from '../domain/call.ts';
import type { Diagnostics } from '../domain/presence.ts';
import type { VideocallEvent } from '../guide/events.ts';

/** What the server hands to the call page inside its HTML, as JSON. */
export interface PageSetup {
  /** Address of the page's event stream; it holds a ticket, never the access token. */
  readonly stream: string;
  /** Where the page reports what it has posted. */
  readonly reports: string;
}

/**
 * One message of the stream. `event` is to be posted to the parent, and comes with its id as the id of the
 * server-sent event; without `event` only the screen changes. `reset`: the simulator knows this page no
 * longer. `closing`: the simulator is being stopped.
 */
export type StreamMessage =
  | { readonly state: CallState; readonly event?: VideocallEvent }
  | { readonly reset: true }
  | { readonly closing: true };

const text = Type.Union([Type.String({ maxLength: 1000 }), Type.Null()]);
const known = Type.Union([Type.Boolean(), Type.Null()]);

/** What the page reports: the ids of the events that it has posted so far, and once what it sees of itself. */
export const PageReport = Type.Object({
  posted: Type.Array(Type.Integer({ minimum: 0 }), { maxItems: 10_000 }),
  diagnostics: Type.Optional(
    Type.Object({
      topLevel: Type.Boolean(),
      nested: Type.Boolean(),
      secureContext: known,
      origin: text,
      parentOrigin: text,
      cameraAllowed: known,
      microphoneAllowed: known,
      width: Type.Number(),
      height: Type.Number(),
      userAgent: Type.String({ maxLength: 1000 }),
      eventSource: Type.Boolean(),
    } satisfies Record<keyof Diagnostics, TSchema>),
  ),
});
export type PageReport = Static<typeof PageReport>;
