import { EVENTS } from '../../guide/events.ts';
import type { EventView } from '../../simulator/calls.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { callStates } from './calls.ts';
import { clientStates } from './clients.ts';
import { createSetupContext, type SetupContext, StateSetupFailed } from './setup-context.ts';
import {
  describeUnknownState,
  findParamMismatches,
  findState,
  isEmptyName,
  type Params,
  type PROVIDER_STATES,
  type StateName,
  type StateValue,
} from './table.ts';
import { tokenStates } from './tokens.ts';

export { StateSetupFailed } from './setup-context.ts';

/** An unknown state, or parameters that do not fit it. */
export class InvalidState extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('; '));
    this.problems = problems;
  }
}

type Values = Readonly<Partial<Record<StateValue, string>>>;

type Setups = {
  readonly [Name in StateName]: (
    stage: SetupContext,
    params: Params<Name>,
  ) => Promise<Readonly<Record<(typeof PROVIDER_STATES)[Name]['values'][number], string>>>;
};

/** How each state is set up. */
const SETUPS: Setups = { ...clientStates, ...tokenStates, ...callStates };

/**
 * Provider states by name. Pact sets up every state of an interaction, sends its request, and tears every state down. What an
 * interaction has set up is kept until the next one begins, for inspection; then the clients that it changed are restored.
 */
export function createProviderStates(simulator: Simulator) {
  const context = createSetupContext(simulator);
  let isOver = true;
  /** The values of the latest states. */
  let latest: Values = {};
  /** What must be true when a state is torn down. */
  const expectations = new Map<string, () => Promise<void>>();
  const toKey = (name: StateName, params: object) => JSON.stringify([name, params]);

  /** Expects a token to have this state when the provider state is torn down. */
  const createTokenCheck = (accessToken: string, expected: 'revoked' | 'live') => async () => {
    const state = (await simulator.tokens.get(accessToken))?.state ?? 'unknown';
    if (state === (expected === 'live' ? 'active' : expected)) return;
    throw new StateSetupFailed(
      `the access token should be ${expected} after the request, but is ${state}`,
      expected === 'revoked' ? 'the request revoked no token, or another one' : undefined,
    );
  };

  /** The state called `name`, if its parameters fit. */
  function resolveState(name: string, params: object): StateName {
    const known = findState(name);
    if (known === undefined) throw new InvalidState([describeUnknownState(name)]);
    const found = findParamMismatches(known, params);
    if (found.length > 0) throw new InvalidState(found.map(({ message }) => `"${known}": ${message}`));
    return known;
  }

  async function applyState(name: StateName, params: object): Promise<Values> {
    const setUp = SETUPS[name] as (stage: SetupContext, params: object) => Promise<Values>;
    const values = await setUp(context, params);
    if ('then' in params && values.accessToken !== undefined)
      expectations.set(
        toKey(name, params),
        createTokenCheck(values.accessToken, params.then as 'revoked' | 'live'),
      );
    return values;
  }

  /**
   * Sets up a state, and returns the values that a contract can refer to.
   *
   * @throws {InvalidState | StateSetupFailed}
   */
  async function setUp(name: string, params: object): Promise<Values> {
    if (isOver) {
      expectations.clear();
      await context.clear();
      latest = {};
    }
    // A failed state ends its interaction: nothing is torn down.
    isOver = true;
    const values = isEmptyName(name) ? {} : await applyState(resolveState(name, params), params);
    isOver = false;
    latest = { ...latest, ...values };
    return values;
  }

  /** The event to which the latest states have led. */
  async function findLatestEvent(): Promise<EventView | undefined> {
    const { clientId, validationId } = latest;
    if (clientId === undefined || validationId === undefined) return undefined;
    return simulator.calls.findLastEvent(clientId, validationId);
  }

  return {
    setUp,

    /** The event to which the latest states have led, otherwise one that the description of a message names. */
    async findEvent(description: string): Promise<EventView | undefined> {
      const found = await findLatestEvent();
      const code = Object.keys(EVENTS).find((name) => description.includes(name));
      if (found !== undefined || code === undefined) return found;
      await setUp('a video call event has been posted', { code });
      return findLatestEvent();
    },

    /**
     * Tears a state down, and checks its expectations.
     *
     * @throws {InvalidState | StateSetupFailed}
     */
    async tearDown(name: string, params: object): Promise<void> {
      isOver = true;
      if (isEmptyName(name)) return;
      const key = toKey(resolveState(name, params), params);
      const check = expectations.get(key);
      expectations.delete(key);
      await check?.();
    },
  };
}
