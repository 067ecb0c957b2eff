import type { VideocallEvent } from '../guide/events.ts';
import type { Delivery } from './scenario.ts';
import { after, type Instant, seconds } from './time.ts';

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

/** How late a late event is. */
const LATE = seconds(10);

type Made = Omit<Post, 'id' | 'event' | 'at'>;

const plain = (event: VideocallEvent): Made => ({ data: event });

/** What becomes of an event's data. Where nothing is said, it is posted as it is. */
const MADE: { readonly [D in Delivery]?: (event: VideocallEvent) => readonly Made[] } = {
  duplicate: (event) => [plain(event), plain(event)],
  drop: () => [],
  'wrong-type': (event) => [{ data: { ...event, type: 'warning' } }],
  'json-string': (event) => [{ data: JSON.stringify(event) }],
  'foreign-origin': (event) => [{ data: event, foreign: true }],
  'unknown-code': (event) => [{ data: { ...event, code: 'VideocallUnknown' } }],
};

/**
 * Every post that comes of what was said, in the order in which the parent hears them. Some may lie in the
 * future: an id is final only up to the present.
 */
export function postsOf(said: readonly Said[]): Post[] {
  const posts: Omit<Post, 'id'>[] = [];
  let held: Omit<Post, 'id' | 'at'>[] = [];
  for (const [id, { at, event, delivery }] of said.entries()) {
    const made = (delivery && MADE[delivery] ? MADE[delivery](event) : [plain(event)]).map((one) => ({
      ...one,
      event: id,
    }));
    if (delivery === 'reorder') {
      held.push(...made);
      continue;
    }
    const due = delivery === 'late' ? after(at, LATE) : at;
    posts.push(...made.map((one) => ({ ...one, at: due })), ...held.map((one) => ({ ...one, at: due })));
    held = [];
  }
  return posts.toSorted((a, b) => a.at - b.at).map((post, id) => ({ ...post, id }));
}
