import type { VideocallEvent } from '../guide/events.ts';
import type { Delivery } from './scenario.ts';
import { after, type Instant, type Ms, ms } from './time.ts';

/** An event that the call has said, with what is to go wrong on its way to the parent. */
export interface Said {
  readonly at: Instant;
  readonly event: VideocallEvent;
  readonly delivery?: Delivery | undefined;
}

/** What the page posts to its parent, and when. */
export interface Post {
  /** Its place among all posts of the call, from 0. */
  readonly id: number;
  readonly at: Instant;
  /** The event that it comes from, by id. */
  readonly event: number;
  readonly data: unknown;
  /** It comes from another origin than the frame's. */
  readonly foreign?: true;
}

type Made = Omit<Post, 'id' | 'event' | 'at'>;

/** What a way of delivery does to an event. */
interface Effect {
  readonly make: (event: VideocallEvent) => readonly Made[];
  readonly lateBy?: Ms;
  /** It is posted behind the next event. */
  readonly isHeld?: true;
}

const plain = (event: VideocallEvent): readonly Made[] => [{ data: event }];

/** Without a way of delivery. */
const UNCHANGED: Effect = { make: plain };

export const EFFECTS: Readonly<Record<Delivery, Effect>> = {
  duplicate: { make: (event) => [{ data: event }, { data: event }] },
  drop: { make: () => [] },
  late: { make: plain, lateBy: ms(10_000) },
  reorder: { make: plain, isHeld: true },
  'wrong-type': { make: (event) => [{ data: { ...event, type: 'warning' } }] },
  'json-string': { make: (event) => [{ data: JSON.stringify(event) }] },
  'foreign-origin': { make: (event) => [{ data: event, foreign: true }] },
  'unknown-code': { make: (event) => [{ data: { ...event, code: 'VideocallUnknown' } }] },
};

/**
 * Every post that comes of what was said, in the order in which the parent hears them. Some may lie in the
 * future: an id is final only up to the present.
 */
export function postsOf(said: readonly Said[]): Post[] {
  const posts: Omit<Post, 'id'>[] = [];
  let held: Omit<Post, 'id' | 'at'>[] = [];
  for (const [id, { at, event, delivery }] of said.entries()) {
    const { make, lateBy, isHeld } = delivery === undefined ? UNCHANGED : EFFECTS[delivery];
    const made = make(event).map((one) => ({ ...one, event: id }));
    if (isHeld) {
      held.push(...made);
      continue;
    }
    const due = lateBy === undefined ? at : after(at, lateBy);
    posts.push(...made.map((one) => ({ ...one, at: due })), ...held.map((one) => ({ ...one, at: due })));
    held = [];
  }
  return posts.toSorted((a, b) => a.at - b.at).map((post, id) => ({ ...post, id }));
}
