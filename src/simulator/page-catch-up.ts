import { callAt } from '../domain/call.ts';
import { getOpenPages, NO_PRESENCE } from '../domain/presence.ts';
import { type Instant, ms } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { subscribeToChanges } from './change-notifications.ts';
import { createTimeReader } from './decide.ts';
import { presenceRef, toCallId } from './refs.ts';

/** So long it is waited for pages of other instances, in real time. */
const CATCH_UP_TIMEOUT_MS = ms(2_000);

/** The calls of a client, or of all, in which something fell due after `since` that an open page has not been sent. */
async function findCallsBehind(
  store: Store,
  since: Instant,
  clientId: string | undefined,
): Promise<string[]> {
  const behind: string[] = [];
  const getTime = createTimeReader(store);
  for (const { value } of await store.list('call', clientId)) {
    const { posts } = callAt(value, await getTime(value.clientId));
    const due = posts.filter(({ at }) => at > since);
    if (due.length === 0) continue;
    const callId = toCallId(value);
    const { realTime, found } = await store.read(presenceRef(callId));
    const presence = found[0]?.value ?? NO_PRESENCE;
    const isBehind = due.some(({ event }) => presence.pushedAt[event] === undefined);
    if (isBehind && getOpenPages(presence, realTime).length > 0) behind.push(callId);
  }
  return behind;
}

/**
 * Resolves when all that fell due after `since` has been sent to the open pages of a client, or of all, whichever
 * instance they are at. One that is lost on the way is not waited for longer than a moment.
 */
export async function waitForPages(store: Store, since: Instant, clientId?: string): Promise<void> {
  const changes = subscribeToChanges(store, ({ kind }) => kind === 'presence');
  try {
    const until = (await store.read()).realTime + CATCH_UP_TIMEOUT_MS;
    while ((await findCallsBehind(store, since, clientId)).length > 0) {
      const left = until - (await store.read()).realTime;
      if (left <= 0) return;
      await changes.waitForNext(left);
    }
  } finally {
    changes.stop();
  }
}
