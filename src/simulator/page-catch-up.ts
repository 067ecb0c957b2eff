import { callAt } from '../domain/call.ts';
import { NOBODY, openPages } from '../domain/presence.ts';
import { type Instant, ms } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { hintsAbout } from './change-notifications.ts';
import { timesFor } from './decide.ts';
import { callIdOf, presenceRef } from './refs.ts';

/** So long it is waited for pages of other instances, in real time. */
const PATIENCE = ms(2_000);

/** The calls of a client, or of all, in which something fell due after `since` that an open page has not been sent. */
async function callsBehind(store: Store, since: Instant, clientId: string | undefined): Promise<string[]> {
  const behind: string[] = [];
  const timeOf = timesFor(store);
  for (const { value } of await store.list('call', clientId)) {
    const { posts } = callAt(value, await timeOf(value.clientId));
    const due = posts.filter(({ at }) => at > since);
    if (due.length === 0) continue;
    const callId = callIdOf(value);
    const { realTime, found } = await store.read(presenceRef(callId));
    const presence = found[0]?.value ?? NOBODY;
    const isBehind = due.some(({ event }) => presence.pushedAt[event] === undefined);
    if (isBehind && openPages(presence, realTime).length > 0) behind.push(callId);
  }
  return behind;
}

/**
 * Resolves when all that fell due after `since` has been sent to the open pages of a client, or of all, whichever
 * instance they are at. One that is lost on the way is not waited for longer than a moment.
 */
export async function reachedPages(store: Store, since: Instant, clientId?: string): Promise<void> {
  const hints = hintsAbout(store, ({ kind }) => kind === 'presence');
  try {
    const until = (await store.read()).realTime + PATIENCE;
    while ((await callsBehind(store, since, clientId)).length > 0) {
      const left = until - (await store.read()).realTime;
      if (left <= 0) return;
      await hints.next(left);
    }
  } finally {
    hints.stop();
  }
}
