import {
  type ActionRejection,
  advanceScript,
  applySignal,
  type Call,
  type CallView,
  callAt,
  intervene,
} from '../domain/call.ts';
import type { EmittedEvent } from '../domain/post.ts';
import { getOpenPages, NO_PRESENCE, type Presence } from '../domain/presence.ts';
import type { CallAction } from '../domain/scenario.ts';
import { addMs, type Instant, type Ms, ms, toVirtualTime } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { CallScheduler } from './call-scheduler.ts';
import { decide, pickClock, putRecord, readTime, readTimes } from './decide.ts';
import { createPage, type Page, type PageRequest } from './page.ts';
import { waitForCheckIns, waitForPages } from './page-catch-up.ts';
import { getOwner } from './record-kinds.ts';
import { callRef, clockRefs, presenceRef, toCallId, validationRef } from './refs.ts';
import { findValidations } from './validations.ts';

/** A call with its present state and its open pages. */
export interface CallDetails {
  readonly call: Call;
  readonly view: CallView;
  readonly events: readonly EventView[];
  readonly presence: Presence;
  /** The pages that are open. */
  readonly open: readonly string[];
}

/** An event of a call, with its delivery. */
export interface EventView extends EmittedEvent {
  /** Its index among the events of its call. */
  readonly id: number;
  readonly call: Call;
  /** When it was first sent to a page, in real time. */
  readonly pushedAt?: Instant | undefined;
  /** When a page first reported that it had posted it, in real time. */
  readonly postedAt?: Instant | undefined;
}

const toEventViews = (call: Call, { events }: CallView, { pushedAt, postedAt }: Presence): EventView[] =>
  events.map((said, id) => ({ ...said, id, call, pushedAt: pushedAt[id], postedAt: postedAt[id] }));

function toDetails(call: Call, presence: Presence | undefined, now: Instant, realTime: Instant): CallDetails {
  const known = presence ?? NO_PRESENCE;
  const view = callAt(call, now);
  return {
    call,
    view,
    events: toEventViews(call, view, known),
    presence: known,
    open: getOpenPages(known, realTime),
  };
}

/** The result of an intervention: the ids of the events that a page has to post because of it. */
export interface InterventionResult {
  readonly callId: string;
  readonly events: readonly number[];
  readonly at: Instant;
}

/** How many calls are read for their events at a time. */
const CALLS_AT_ONCE = 100;

/** Reads calls, and applies interventions and signals to them. */
export function createCalls(store: Store, scheduler: CallScheduler) {
  const findLatestId = async (
    clientId: string,
    validationId: string,
    n?: number,
  ): Promise<string | undefined> => {
    const [validation] = (await store.read(validationRef(clientId, validationId))).found;
    return validation && toCallId({ clientId, validationId, n: n ?? validation.value.calls });
  };

  async function details(callId: string): Promise<CallDetails | undefined> {
    const [call] = (await store.read(callRef(callId))).found;
    if (call === undefined) return undefined;
    const { realTime, found } = await store.read(presenceRef(callId), ...clockRefs(call.value.clientId));
    const [present, ...clocks] = found;
    return toDetails(call.value, present?.value, toVirtualTime(pickClock(...clocks), realTime), realTime);
  }

  async function loadDetails(calls: readonly Call[]): Promise<CallDetails[]> {
    if (calls.length === 0) return [];
    const { realTime, found } = await store.read(...calls.map((call) => presenceRef(toCallId(call))));
    const times = await readTimes(
      store,
      calls.map(({ clientId }) => clientId),
    );
    return calls.map((call, index) =>
      toDetails(call, found[index]?.value, times.get(call.clientId) as Instant, realTime),
    );
  }

  /** Calls, oldest first, each with its number in the order of creation. */
  async function readNumbered(limit: number, after: number | undefined, clientId: string | undefined) {
    const records = await store.page('call', limit, { owner: clientId, after });
    const calls = await loadDetails(records.map(({ value }) => value));
    return calls.map((call, index) => ({ call, born: records[index]?.born ?? 0 }));
  }

  return {
    /** Adds an intervention to a call; resolves when every page of this instance has been notified. */
    async intervene(
      callId: string,
      action: CallAction,
    ): Promise<InterventionResult | ActionRejection | undefined> {
      const done = await decide(store, [callRef(callId)], async ({ realTime, found: [call] }) => {
        if (call === undefined) return { result: undefined };
        const { clientId } = call.value;
        const now = await readTime(store, clientId);
        const value = intervene(call.value, action, now);
        if ('possible' in value) return { result: value };
        const before = callAt(call.value, now).events.length;
        const { posts } = callAt(value, now);
        const events = posts.map(({ event }) => event).filter((id) => id >= before);
        return {
          changes: [putRecord(callRef(callId), call, clientId, value)],
          result: { callId, events, at: realTime },
        };
      });
      if (done !== undefined && 'events' in done) await scheduler.flushCall(callId);
      return done;
    },

    /** Sends a call the signal that its script waits for; otherwise returns what it waits for. */
    async signal(
      callId: string,
      name: string,
    ): Promise<'gone' | 'given' | { readonly waitsFor: string | undefined }> {
      const outcome = await decide(store, [callRef(callId)], async ({ found: [call] }) => {
        if (call === undefined) return { result: 'gone' };
        const { clientId } = call.value;
        const value = applySignal(call.value, name, await readTime(store, clientId));
        if (!('clientId' in value)) return { result: value };
        return { changes: [putRecord(callRef(callId), call, clientId, value)], result: 'given' };
      });
      if (outcome === 'given') await scheduler.flushCall(callId);
      return outcome;
    },

    /** Advances time for a call's script alone; resolves when everything that fell due has been pushed to its pages. */
    async advance(callId: string, by: Ms): Promise<'gone' | 'not started' | 'advanced'> {
      await waitForCheckIns(store, getOwner(callRef(callId)));
      const outcome = await decide(store, [callRef(callId)], async ({ found: [call] }) => {
        if (call === undefined) return { result: 'gone' as const };
        if (call.value.startedAt === undefined) return { result: 'not started' as const };
        const { clientId } = call.value;
        const now = await readTime(store, clientId);
        return {
          changes: [putRecord(callRef(callId), call, clientId, advanceScript(call.value, by, now))],
          result: { clientId, before: addMs(now, ms(-1)) },
        };
      });
      if (typeof outcome !== 'object') return outcome;
      await scheduler.flushCall(callId);
      await waitForPages(store, outcome.before, outcome.clientId);
      return 'advanced';
    },

    findLatest: findLatestId,

    /** The clients that have had a call for this validation. */
    listClientsWith: async (validationId: string): Promise<string[]> =>
      (await findValidations(store, validationId))
        .filter(({ calls }) => calls > 0)
        .map(({ clientId }) => clientId),

    details,
    loadDetails,

    /** Calls, oldest first. */
    async list({ limit, after, clientId }: PageRequest): Promise<Page<CallDetails>> {
      const start = after === undefined ? undefined : Number(after);
      const found = await readNumbered(limit + 1, start, clientId);
      const { items, next } = createPage(found, limit, ({ born }) => `${born}`);
      return { items: items.map(({ call }) => call), total: await store.count('call', clientId), next };
    },

    /** The events of calls, from the oldest call to the newest; within a page, oldest first. */
    async events({ limit, after, clientId }: PageRequest): Promise<Page<EventView, number | null>> {
      // The number of a call, and the id of its last event before this page.
      const [start = 0, seen = Number.POSITIVE_INFINITY] = after?.split('-').map(Number) ?? [];
      const found: { born: number; event: EventView }[] = [];
      for (let last = start - 1, hasMore = true; hasMore && found.length <= limit; ) {
        const calls = await readNumbered(CALLS_AT_ONCE, last, clientId);
        for (const { born, call } of calls)
          for (const event of call.events) if (born > start || event.id > seen) found.push({ born, event });
        hasMore = calls.length === CALLS_AT_ONCE;
        last = calls.at(-1)?.born ?? last;
      }
      const { items, next } = createPage(found, limit, ({ born, event }) => `${born}-${event.id}`);
      const events = items.map(({ event }) => event).sort((a, b) => a.at - b.at);
      return { items: events, total: after === undefined && next === undefined ? events.length : null, next };
    },

    /** The last event of a validation's calls. */
    async findLastEvent(clientId: string, validationId: string): Promise<EventView | undefined> {
      const own = (await store.list('call', clientId)).map(({ value }) => value);
      const calls = await loadDetails(own.filter((call) => call.validationId === validationId));
      return calls
        .flatMap(({ events }) => events)
        .sort((a, b) => a.at - b.at)
        .at(-1);
    },
  };
}
