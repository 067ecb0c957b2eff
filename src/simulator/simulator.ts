import type { Client } from '../domain/client.ts';
import { noScenario, type Scenario } from '../domain/scenario.ts';
import { type Kind, type Log, type Store, StoreUnavailable } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import type { TokenFormat } from '../system/signing.ts';
import { callWatch } from './call-scheduler.ts';
import { calls } from './calls.ts';
import { hintsAbout } from './change-notifications.ts';
import { clients } from './clients.ts';
import { clocks } from './clocks.ts';
import { faults } from './faults.ts';
import { findings } from './findings.ts';
import { journal } from './journal.ts';
import { type OpeningRules, openings } from './opening.ts';
import { overviews } from './overview.ts';
import { pages } from './pages.ts';
import { reception } from './received-request.ts';
import { scenarios } from './scenarios.ts';
import { sweeping } from './sweep.ts';
import { tokens } from './tokens.ts';
import { validations } from './validations.ts';
import { waits } from './waits.ts';

/** What a simulator is made of. */
export interface SimulatorParts {
  readonly store: Store;
  readonly random: Random;
  readonly tokenFormat: TokenFormat;
  /** The clients that exist from the start and after a reset. */
  readonly clients: readonly Client[];
  /** The scenarios of the files, as they are now. */
  readonly scenarios: () => ReadonlyMap<string, Scenario>;
  /** Name of the scenario that is played where nothing nearer chooses one. */
  readonly scenario: string;
  readonly rules: OpeningRules;
  /** So many requests of each client are remembered. */
  readonly journalSize: number;
  /** Told of what goes wrong while nobody waits for it. */
  readonly onError: (error: unknown) => void;
}

/** Which store is unavailable and why; undefined while it answers. */
async function whyUnavailable(store: Store): Promise<string | undefined> {
  try {
    await store.read();
    return undefined;
  } catch (error) {
    if (error instanceof StoreUnavailable) return error.message;
    throw error;
  }
}

export type Simulator = Awaited<ReturnType<typeof createSimulator>>;

/**
 * The use cases of the simulated service: every door (HTTP, control API, library, command) calls these, and
 * nothing else reaches the store.
 */
export async function createSimulator(parts: SimulatorParts) {
  const { store, random } = parts;
  const watch = callWatch(store, parts.onError);

  // Told here, and not by the first call that wants to play it.
  for (const name of [parts.scenario, ...parts.clients.map(({ scenario }) => scenario)]) {
    const files = parts.scenarios();
    if (name !== undefined && !files.has(name)) throw new Error(noScenario(name, files.keys()));
  }

  const known = clients(store, random);
  await known.seed(parts.clients);

  const playable = scenarios(store, parts.scenarios, parts.scenario);
  const receive = reception(store);
  const mistakes = findings(store);
  const entries = journal(store, parts.journalSize);
  const allCalls = calls(store, watch);
  const { added, moved } = sweeping(store, parts.onError);

  /** What a client plays that has lost all of its own: as it was configured, or what it played if that is left. */
  async function scenarioAfterReset({ clientId, scenario }: Client): Promise<string | undefined> {
    const seeded = parts.clients.find((client) => client.clientId === clientId);
    if (seeded !== undefined) return seeded.scenario;
    return scenario !== undefined && (await playable.get(scenario)) !== undefined ? scenario : undefined;
  }

  return {
    whyUnavailable: () => whyUnavailable(store),
    requests: { receive },
    clients: known,
    tokens: tokens(store, random, parts.tokenFormat, receive, added),
    openings: openings(store, parts.rules, playable.chosen, added),
    calls: allCalls,
    overviews: overviews(store, allCalls),
    pages: pages(store, watch, random, parts.rules.strictTokens, mistakes),
    clocks: clocks(store, watch, moved),
    validations: validations(store, random),
    scenarios: playable,
    faults: faults(store, random),
    findings: mistakes,
    journal: entries,
    waits: { until: waits(store, allCalls, entries) },
    /** Hints that records of these kinds, or logs, have changed. */
    changes: (kinds: readonly (Kind | Log)[]) => hintsAbout(store, ({ kind }) => kinds.includes(kind)),

    /** Back to the start, pages included; of one client, if named. False when there is no such client. */
    async reset(clientId?: string): Promise<boolean> {
      const isKnown = clientId === undefined || (await known.empty(clientId, scenarioAfterReset));
      if (clientId === undefined) {
        await known.clear();
        await known.seed(parts.clients);
      }
      await watch.settle(clientId);
      return isKnown;
    },

    close(): void {
      watch.close();
    },
  };
}
