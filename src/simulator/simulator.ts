import type { Client } from '../domain/client.ts';
import { chosenName, noScenario, type Scenario } from '../domain/scenario.ts';
import type { Random } from '../random.ts';
import type { TokenFormat } from '../signing.ts';
import type { Store } from '../store/store.ts';
import { calls } from './calls.ts';
import { clients } from './clients.ts';
import { clocks } from './clocks.ts';
import { type OpeningRules, openings } from './opening.ts';
import { pages } from './pages.ts';
import { tokens } from './tokens.ts';
import { validations } from './validations.ts';
import { callWatch } from './watch.ts';

/** What a simulator is made of. */
export interface SimulatorParts {
  readonly store: Store;
  readonly random: Random;
  readonly tokenFormat: TokenFormat;
  /** The clients that exist from the start and after a reset. */
  readonly clients: readonly Client[];
  /** The scenarios that can be played now, by name. */
  readonly scenarios: () => ReadonlyMap<string, Scenario>;
  /** Name of the scenario that is played where nothing nearer chooses one. */
  readonly scenario: string;
  readonly rules: OpeningRules;
  /** Told of what goes wrong while nobody waits for it. */
  readonly onError: (error: unknown) => void;
}

export type Simulator = Awaited<ReturnType<typeof createSimulator>>;

/**
 * The use cases of the simulated service: every door (HTTP, control API, library, command) calls these, and
 * nothing else reaches the store.
 */
export async function createSimulator(parts: SimulatorParts) {
  const { store, random } = parts;
  const watch = callWatch(store, parts.onError);

  function scenarioNamed(name = parts.scenario): Scenario {
    const scenario = parts.scenarios().get(name);
    if (scenario === undefined) {
      throw new Error(noScenario(name, parts.scenarios().keys()));
    }
    return scenario;
  }
  // Told here, and not by the first call that wants to play it.
  for (const { scenario } of parts.clients) scenarioNamed(scenario);
  scenarioNamed();

  const known = clients(store, random);
  await known.seed(parts.clients);

  return {
    clients: known,
    tokens: tokens(store, random, parts.tokenFormat),
    ...openings(store, parts.rules, (wishes) =>
      scenarioNamed(chosenName(parts.scenarios(), { ...wishes, usual: parts.scenario })),
    ),
    calls: calls(store, watch),
    pages: pages(store, watch, random, parts.rules.strictTokens),
    clocks: clocks(store, watch),
    validations: validations(store, random),

    /** Every scenario that can be played, by name. */
    get scenarios() {
      return parts.scenarios();
    },

    /** Back to the start, pages included; of one client, if named. False when there is no such client. */
    async reset(clientId?: string): Promise<boolean> {
      const found = clientId === undefined || (await known.empty(clientId));
      if (clientId === undefined) {
        await known.clear();
        await known.seed(parts.clients);
      }
      await watch.settle(clientId);
      return found;
    },

    close(): void {
      watch.close();
    },
  };
}
