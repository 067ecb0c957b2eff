import { callAt } from '../domain/call.ts';
import { getCheckInDeadline, getOpenPages, NO_PRESENCE } from '../domain/presence.ts';
import { type Instant, latest, ms } from '../domain/time.ts';
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

/** Until when to wait at most for pages that are about to start a script; undefined when there is none. */
async function findCheckInDeadline(store: Store, clientId: string | undefined): Promise<Instant | undefined> {
  const calls = (await store.list('call', clientId)).filter(({ value }) => value.startedAt === undefined);
  const { realTime, found } = await store.read(...calls.map(({ value }) => presenceRef(toCallId(value))));
  const deadlines = found.flatMap((presence) =>
    presence === undefined ? [] : (getCheckInDeadline(presence.value, realTime) ?? []),
  );
  return deadlines.length === 0 ? undefined : latest(...deadlines);
}

/** Resolves when the pages of a client, or of all, that were served have checked in: scripts start with that. */
export async function waitForCheckIns(store: Store, clientId?: string): Promise<void> {
  const changes = await subscribeToChanges(store, clientId, ({ kind }) => kind === 'presence');
  try {
    for (;;) {
      const deadline = await findCheckInDeadline(store, clientId);
      if (deadline === undefined) return;
      await changes.waitForNext(Math.max(1, deadline - (await store.read()).realTime));
    }
  } finally {
    changes.stop();
  }
}

/**
 * Resolves when everything that fell due after `since` has been sent to the open pages of a client, or of all, on any
 * instance. It does not wait long for a page that is lost on the way.
 */
export async function waitForPages(store: Store, since: Instant, clientId?: string): Promise<void> {
  const changes = await subscribeToChanges(store, clientId, ({ kind }) => kind === 'presence');
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
