import { type Call, callAt } from '../domain/call.ts';
import { CALL_STATES, type CallState } from '../domain/call-state.ts';
import type { Validation } from '../domain/validation.ts';
import type { Store } from '../store/store.ts';
import type { CallDetails, createCalls } from './calls.ts';
import { createTimeReader } from './decide.ts';

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
  return {
    /** Every call of one client, or of all, grouped by what the agent has to do. */
    async read(clientId?: string): Promise<Overview> {
      const readTime = createTimeReader(store);
      const all: [Call, CallState][] = [];
      for (const { value: call } of await store.list('call', clientId))
        all.push([call, callAt(call, await readTime(call.clientId)).state]);
      const inStates = (...states: CallState[]) =>
        all.filter(([, state]) => states.includes(state)).map(([call]) => call);
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
      const last = (await store.list('call', clientId)).at(-1);
      return last && (await loadDetails([last.value]))[0];
    },
  };
}
