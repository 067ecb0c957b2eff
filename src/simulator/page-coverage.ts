import { type Call, type CallView, callAt } from '../domain/call.ts';
import { isOver } from '../domain/call-state.ts';
import { EVENT_SITUATIONS, listInCheckIn, listInPosts, listInView, type Mark } from '../domain/played.ts';
import { getOpenPages, type PagePresence, type Presence } from '../domain/presence.ts';
import type { Instant } from '../domain/time.ts';
import { getExpiry } from '../domain/token.ts';
import type { ErrorCode } from '../guide/events.ts';
import type { Change, Store, StoredRecord } from '../store/store.ts';
import type { createCoverage, KnownCoverage } from './coverage.ts';
import { putRecord, readTime } from './decide.ts';
import { callRef, coverageRef, presenceRef, toCallId, tokenRef } from './refs.ts';

/** A page whose stream opens. */
interface OpeningPage {
  readonly call: Call;
  readonly presence: Presence;
  readonly pageId: string;
  readonly now: Instant;
  readonly realTime: Instant;
}

/** Sees what the pages of calls play. */
export function createPageCoverage(store: Store, { note }: Pick<ReturnType<typeof createCoverage>, 'note'>) {
  const add = (clientId: string, played: readonly Mark[], known?: KnownCoverage) =>
    note(clientId, (marks) => played.filter((mark) => !marks.includes(mark)), known);

  /** Whether the call whose page checked in last is another one that is still open. */
  async function isSecondCall(callId: string, lastCall: string | undefined): Promise<boolean> {
    if (lastCall === undefined || lastCall === callId) return false;
    const { realTime, found } = await store.read(callRef(lastCall), presenceRef(lastCall));
    const [call, presence] = found;
    if (call === undefined || presence === undefined) return false;
    const { state } = callAt(call.value, await readTime(store, call.value.clientId));
    return !isOver(state) && getOpenPages(presence.value, realTime).length > 0;
  }

  return {
    add,

    /** What a page plays by opening its stream, and the change that remembers its call as the last one. */
    async checkIn(
      { call, presence, pageId, now, realTime }: OpeningPage,
      record: StoredRecord<'coverage'> | undefined,
    ): Promise<{ played: readonly Mark[]; changes: readonly Change[] }> {
      const { clientId } = call;
      const callId = toCallId(call);
      const { lastCall, ...known } = record?.value ?? { clientId, marks: [] };
      const isDone = known.marks.includes('two-calls');
      const hasSecond = !isDone && (await isSecondCall(callId, lastCall));
      const { state } = callAt(call, now);
      const facts = { presence, pageId, state, isSecondCall: hasSecond, realTime };
      const isSettled = isDone || hasSecond || lastCall === callId;
      return {
        played: listInCheckIn(facts, known.marks),
        changes: isSettled
          ? []
          : [putRecord(coverageRef(clientId), record, clientId, { ...known, lastCall: callId })],
      };
    },

    /** Returns a function that sees what a call plays on an open page, in each of its views. */
    createViewer(clientId: string, onError: (error: unknown) => void): (view: CallView) => void {
      let known: readonly Mark[] = [];
      return (view) => {
        const played = listInView(view, known);
        if (played.length === 0) return;
        known = [...known, ...played];
        Promise.resolve(add(clientId, played)).catch(onError);
      };
    },

    /** Adds what a page has played by posting the messages `ids` to its parent. */
    async addPosts(
      call: Call,
      page: PagePresence,
      ids: readonly number[],
      known: KnownCoverage,
    ): Promise<void> {
      const [token] = (await store.read(tokenRef(page.token))).found;
      const view = callAt(call, call.closedUntil);
      const expiresAt = token && getExpiry(token.value);
      await note(call.clientId, (marks) => listInPosts(view, ids, expiresAt, marks), known);
    },

    /** Adds that a page without a call has posted its error to its parent. */
    addError: async (clientId: string, code: ErrorCode): Promise<void> =>
      add(clientId, [EVENT_SITUATIONS[code]]),
  };
}
