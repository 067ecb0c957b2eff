import type { Simulator } from '../../simulator/simulator.ts';
import { callStates } from './calls.ts';
import { clientStates } from './clients.ts';
import { type Stage, StateRefused, stage } from './stage.ts';
import {
  isNoState,
  type Params,
  paramMismatches,
  type STATES,
  type StateName,
  type StateValue,
  stateNamed,
  unknownState,
} from './table.ts';
import { tokenStates } from './tokens.ts';

export { StateRefused } from './stage.ts';

/** A state that nobody knows, or that was asked for with parameters that it does not take. */
export class StateMisnamed extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('; '));
    this.faults = faults;
  }
}

type Values = Readonly<Partial<Record<StateValue, string>>>;

type Setups = {
  readonly [Name in StateName]: (
    stage: Stage,
    params: Params<Name>,
  ) => Promise<Readonly<Record<(typeof STATES)[Name]['values'][number], string>>>;
};

/** How each state is brought about. */
const SETUPS: Setups = { ...clientStates, ...tokenStates, ...callStates };

/**
 * Starting states by name, as Pact asks for them: every state of an interaction is set up, its request is made, and
 * every state is torn down. What an interaction has set up stays until the next one begins, so that it can be looked
 * at; then the clients that it has touched, and no others, are put back to where they were.
 */
export function states(simulator: Simulator) {
  const scene = stage(simulator);
  let isOver = true;
  /** What must be true when a state is torn down. */
  const outcomes = new Map<string, () => Promise<void>>();
  const keyOf = (name: StateName, params: object) => JSON.stringify([name, params]);

  /** Expects of a token that it is this when its state is torn down. */
  const expectToken = (accessToken: string, expected: 'revoked' | 'live') => async () => {
    const state = (await simulator.tokens.get(accessToken))?.state ?? 'unknown';
    if (state === (expected === 'live' ? 'active' : expected)) return;
    throw new StateRefused(
      `the access token should be ${expected} after the request, and is ${state}`,
      expected === 'revoked' ? 'the request has revoked nothing, or another token' : undefined,
    );
  };

  /** The state that is meant, if its parameters fit. */
  function meant(name: string, params: object): StateName {
    const known = stateNamed(name);
    if (known === undefined) throw new StateMisnamed([unknownState(name)]);
    const found = paramMismatches(known, params);
    if (found.length > 0) throw new StateMisnamed(found.map(({ message }) => `"${known}": ${message}`));
    return known;
  }

  async function bringAbout(name: StateName, params: object): Promise<Values> {
    const setUp = SETUPS[name] as (stage: Stage, params: object) => Promise<Values>;
    const values = await setUp(scene, params);
    if ('then' in params && values.accessToken !== undefined)
      outcomes.set(keyOf(name, params), expectToken(values.accessToken, params.then as 'revoked' | 'live'));
    return values;
  }

  return {
    /**
     * Brings a state about, and gives the values that a contract can refer to.
     *
     * @throws {StateMisnamed | StateRefused}
     */
    async setUp(name: string, params: object): Promise<Values> {
      if (isOver) {
        outcomes.clear();
        await scene.clear();
      }
      // A state that fails is the end of its interaction: nothing of it is torn down.
      isOver = true;
      const values = isNoState(name) ? {} : await bringAbout(meant(name, params), params);
      isOver = false;
      return values;
    },

    /**
     * Ends a state, and checks what was to come of it.
     *
     * @throws {StateMisnamed | StateRefused}
     */
    async tearDown(name: string, params: object): Promise<void> {
      isOver = true;
      if (isNoState(name)) return;
      const key = keyOf(meant(name, params), params);
      const check = outcomes.get(key);
      outcomes.delete(key);
      await check?.();
    },
  };
}
