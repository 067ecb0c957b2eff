import type { VideocallEvent } from '../guide/events.ts';
import type { DeliveryFault } from './scenario.ts';
import { addMs, type Instant, latest, type Ms, ms } from './time.ts';

/** An event of a call, with its delivery fault. */
export interface EmittedEvent {
  readonly at: Instant;
  readonly event: VideocallEvent;
  readonly delivery?: DeliveryFault | undefined;
  /** If time was advanced before it: how often, and when it was due by that time, which may be before `at`. */
  readonly advanced?: { readonly times: number; readonly due: Instant };
}

/** Time that was advanced for a script at an instant. */
export interface Advance {
  readonly at: Instant;
  readonly by: Ms;
}

/** When the delay of an event ends. */
function getDelayEnd(lateBy: Ms, { at, advanced }: EmittedEvent, advances: readonly Advance[]): Instant {
  const { times, due } = advanced ?? { times: 0, due: at };
  return advances
    .slice(times)
    .reduce(
      (end, advance) => (advance.at < end ? latest(advance.at, addMs(end, ms(-advance.by))) : end),
      latest(at, addMs(due, lateBy)),
    );
}

/** What the page posts to its parent, and when. */
export interface Post {
  /** Its index among all posts of the call, from 0. */
  readonly id: number;
  readonly at: Instant;
  /** The id of its event. */
  readonly event: number;
  readonly data: unknown;
  /** It is posted from an origin other than the frame's. */
  readonly foreign?: true;
}

type PostDraft = Omit<Post, 'id' | 'event' | 'at'>;

/** How a delivery fault changes an event. */
interface Effect {
  readonly make: (event: VideocallEvent) => readonly PostDraft[];
  readonly lateBy?: Ms;
  /** It is posted after the next event. */
  readonly isHeld?: true;
}

const toPlainPost = (event: VideocallEvent): readonly PostDraft[] => [{ data: event }];

/** Delivery without a fault. */
const UNCHANGED: Effect = { make: toPlainPost };

export const EFFECTS: Readonly<Record<DeliveryFault, Effect>> = {
  duplicate: { make: (event) => [{ data: event }, { data: event }] },
  drop: { make: () => [] },
  late: { make: toPlainPost, lateBy: ms(10_000) },
  reorder: { make: toPlainPost, isHeld: true },
  'wrong-type': { make: (event) => [{ data: { ...event, type: 'warning' } }] },
  'json-string': { make: (event) => [{ data: JSON.stringify(event) }] },
  'foreign-origin': { make: (event) => [{ data: event, foreign: true }] },
  'unknown-code': { make: (event) => [{ data: { ...event, code: 'VideocallUnknown' } }] },
};

/**
 * Every post of the events, in the order in which the parent receives them. Some may lie in the future: an id is final only up
 * to the present.
 */
export function toPosts(events: readonly EmittedEvent[], advances: readonly Advance[]): Post[] {
  const posts: Omit<Post, 'id'>[] = [];
  let reordered: Omit<Post, 'id' | 'at'>[] = [];
  for (const [id, emitted] of events.entries()) {
    const { at, event, delivery } = emitted;
    const { make, lateBy, isHeld } = delivery === undefined ? UNCHANGED : EFFECTS[delivery];
    const drafts = make(event).map((one) => ({ ...one, event: id }));
    if (isHeld) {
      reordered.push(...drafts);
      continue;
    }
    const due = lateBy === undefined ? at : getDelayEnd(lateBy, emitted, advances);
    posts.push(
      ...drafts.map((one) => ({ ...one, at: due })),
      ...reordered.map((one) => ({ ...one, at: due })),
    );
    reordered = [];
  }
  return posts.toSorted((a, b) => a.at - b.at).map((post, id) => ({ ...post, id }));
}
