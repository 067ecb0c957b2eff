import { type Call, type CallView, callAt } from '../domain/call.ts';
import { CALL_STATES, type CallState } from '../domain/call-state.ts';
import type { Instant } from '../domain/time.ts';
import type { Validation } from '../domain/validation.ts';
import type { Store } from '../store/store.ts';
import type { CallDetails, createCalls } from './calls.ts';
import { readTimes } from './decide.ts';

/** All calls, sorted for the person who acts as the agent. */
export interface Overview {
  /** Waiting clients, longest wait first: they come before any other work. Guide 5.3. */
  readonly waiting: readonly CallDetails[];
  /** Validations without a call, oldest first. */
  readonly unopened: readonly Validation[];
  /** Calls that an agent has joined, oldest first. */
  readonly live: readonly CallDetails[];
  /** Calls that are over, newest first. */
  readonly over: readonly CallDetails[];
  /** How many calls are in each state, shown or not. */
  readonly counts: Readonly<Record<CallState, number>>;
}

/** Longer lists are of no use to a reader. */
const MAX_SHOWN = 50;

/** Summarizes all calls; reads details only of those that are shown. */
export function createOverviews(
  store: Store,
  { loadDetails }: Pick<ReturnType<typeof createCalls>, 'loadDetails'>,
) {
  const known = new WeakMap<Call, { readonly view: CallView; readonly at: Instant }>();

  /** The state of a call, computed again only after its next step. */
  function stateAt(call: Call, now: Instant): CallState {
    const last = known.get(call);
    if (last !== undefined && last.at <= now && now < (last.view.nextAt ?? Number.POSITIVE_INFINITY))
      return last.view.state;
    const view = callAt(call, now);
    known.set(call, { view, at: now });
    return view.state;
  }

  return {
    /** Every call of one client, or of all, grouped by what the agent has to do. */
    async read(clientId?: string): Promise<Overview> {
      const all: { readonly call: Call; readonly state: CallState; readonly born: number }[] = [];
      for await (const page of store.pages('call', clientId)) {
        const times = await readTimes(
          store,
          page.map(({ value }) => value.clientId),
        );
        for (const { value: call, born } of page)
          all.push({ call, state: stateAt(call, times.get(call.clientId) as Instant), born });
      }
      all.sort((a, b) => a.born - b.born);
      const inStates = (...states: CallState[]) =>
        all.filter(({ state }) => states.includes(state)).map(({ call }) => call);
      const validations = (await store.list('validation', clientId)).map(({ value }) => value);
      return {
        waiting: await loadDetails(inStates('waiting-room').slice(0, MAX_SHOWN)),
        unopened: validations
          .filter(({ calls, exists }) => calls === 0 && exists !== false)
          .slice(0, MAX_SHOWN),
        live: await loadDetails(inStates('loading', 'in-call').slice(0, MAX_SHOWN)),
        over: await loadDetails(inStates('ended', 'error').slice(-MAX_SHOWN).reverse()),
        counts: Object.fromEntries(CALL_STATES.map((state) => [state, inStates(state).length])) as Record<
          CallState,
          number
        >,
      };
    },

    /** The call that was opened last; undefined when there is none. */
    async findNewestCall(clientId?: string): Promise<CallDetails | undefined> {
      const newest = await store.page('call', 1, { owner: clientId, newestFirst: true });
      return (await loadDetails(newest.map(({ value }) => value)))[0];
    },
  };
}
