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

/** What the page reports: the ids of the events that it has posted so far, and once what it sees of itself. */
export interface PageReport {
  readonly posted: readonly number[];
  readonly diagnostics?: Diagnostics;
}
