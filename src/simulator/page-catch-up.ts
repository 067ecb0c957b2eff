import { callAt } from '../domain/call.ts';
import { getOpenPages, NO_PRESENCE } from '../domain/presence.ts';
import { type Instant, ms } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import { subscribeToChanges } from './change-notifications.ts';
import { createTimeReader } from './decide.ts';
import { presenceRef, toCallId } from './refs.ts';

/** How long to wait for pages of other instances, in real time. */
const CATCH_UP_TIMEOUT_MS = ms(2_000);

/** The calls of a client, or of all, with something due after `since` that has not been sent to an open page. */
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
 * Resolves when everything that fell due after `since` has been sent to the open pages of a client, or of all, on any
 * instance. It does not wait long for a page that is lost on the way.
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
