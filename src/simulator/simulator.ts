import type { AnswerProfile } from '../domain/answer-profile.ts';
import type { Client } from '../domain/client.ts';
import type { IgnoredSituation } from '../domain/coverage.ts';
import { describeUnknownScenario, type Scenario } from '../domain/scenario.ts';
import { type Kind, type Log, type Store, StoreUnavailable } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import type { TokenFormat } from '../system/signing.ts';
import { createCallScheduler } from './call-scheduler.ts';
import { createCalls } from './calls.ts';
import { subscribeToChanges } from './change-notifications.ts';
import { createClients } from './clients.ts';
import { createClocks } from './clocks.ts';
import { createCoverage } from './coverage.ts';
import { createFaults } from './faults.ts';
import { createFindings, type FindingListener } from './findings.ts';
import { createJournal } from './journal.ts';
import { watchOmissions } from './omission-watch.ts';
import { createOpenings, type OpeningRules } from './opening.ts';
import { createOverviews } from './overview.ts';
import { createPageCoverage } from './page-coverage.ts';
import { createPages } from './pages.ts';
import { createReceiver } from './received-request.ts';
import { createScenarios } from './scenarios.ts';
import { createSeeder, type Seed } from './seed.ts';
import { createSweeper } from './sweep.ts';
import { createTokens } from './tokens.ts';
import { createValidations } from './validations.ts';
import { createWait } from './wait.ts';

/** What a simulator is made of. */
export interface SimulatorOptions extends Seed {
  readonly store: Store;
  readonly random: Random;
  readonly tokenFormat: TokenFormat;
  readonly profile: AnswerProfile;
  /** Returns the present scenarios of the files. */
  readonly scenarios: () => ReadonlyMap<string, Scenario>;
  /** Name of the default scenario. */
  readonly scenario: string;
  readonly rules: OpeningRules;
  /** How many requests of each client the journal keeps. */
  readonly journalSize: number;
  /** Situations that coverage does not ask for. */
  readonly coverageIgnore?: readonly IgnoredSituation[] | undefined;
  /** Called with failures of background work. */
  readonly onError: (error: unknown) => void;
  /** Called with mistakes of integrations, repeatedly with the same. Without it, omissions are found only when asked for. */
  readonly onFinding?: FindingListener | undefined;
}

/** Which store is unavailable and why; undefined while it answers. */
async function whyUnavailable(store: Store): Promise<string | undefined> {
  try {
    await store.check();
    return undefined;
  } catch (error) {
    if (error instanceof StoreUnavailable) return error.message;
    throw error;
  }
}

export type Simulator = Awaited<ReturnType<typeof createSimulator>>;

/**
 * The use cases of the simulated service. HTTP, control API, library, commands and provider states call these, and nothing
 * else accesses the store.
 */
export async function createSimulator(options: SimulatorOptions) {
  const { store, random } = options;
  const scheduler = createCallScheduler(store, options.onError);

  // Fail at the start, not when the first call wants to play it.
  const playing = [
    ...options.clients.flatMap(({ scenario, nextScenario }) => [scenario, nextScenario]),
    ...(options.validations ?? []).map(({ scenario }) => scenario),
  ];
  for (const name of [options.scenario, ...playing]) {
    const files = options.scenarios();
    if (name !== undefined && !files.has(name)) throw new Error(describeUnknownScenario(name, files.keys()));
  }

  const allClients = createClients(store, random, options.profile.expiresIn);
  const seeder = createSeeder(store, random, options);
  await seeder.all();

  const allScenarios = createScenarios(store, options.scenarios, options.scenario);
  const receive = createReceiver(store);
  const coverage = createCoverage(store, options.coverageIgnore ?? []);
  const pageCoverage = createPageCoverage(store, coverage);
  const mistakes = createFindings(store, coverage, options.onFinding);
  const entries = createJournal(store, options.journalSize);
  const allCalls = createCalls(store, scheduler);
  const sweeper = createSweeper(store, options.onError);

  const { onFinding } = options;
  const omissions =
    onFinding && watchOmissions(store, (found) => onFinding(found, found.clientId), options.onError);
  const onChange = () => omissions?.onChange();
  const onAdded = () => {
    sweeper.onAdded();
    onChange();
  };
  const onTimeMoved = async () => {
    onChange();
    await sweeper.onTimeMoved();
  };

  /** The scenario of a client after its reset: the configured one; for other clients their own, if it still exists. */
  async function scenarioAfterReset({ clientId, scenario }: Client): Promise<string | undefined> {
    const seeded = options.clients.find((client) => client.clientId === clientId);
    if (seeded !== undefined) return seeded.scenario;
    return scenario !== undefined && (await allScenarios.get(scenario)) !== undefined ? scenario : undefined;
  }

  return {
    whyUnavailable: () => whyUnavailable(store),
    requests: { receive },
    clients: allClients,
    tokens: createTokens(
      store,
      random,
      options.tokenFormat,
      options.profile,
      entries.toAddition,
      receive,
      onAdded,
    ),
    openings: createOpenings(store, options.rules, allScenarios, onAdded),
    calls: allCalls,
    overviews: createOverviews(store, allCalls),
    pages: createPages(
      store,
      scheduler,
      random,
      options.rules.strictTokens,
      mistakes,
      pageCoverage,
      onChange,
    ),
    clocks: createClocks(store, scheduler, onTimeMoved),
    validations: createValidations(store, random),
    scenarios: allScenarios,
    faults: createFaults(store, random),
    findings: mistakes,
    coverage: { ...coverage, addError: pageCoverage.addError },
    journal: entries,
    waits: { until: createWait(store, allCalls, entries) },
    /** Subscribes to changes of records of these kinds, or logs. */
    changes: (kinds: readonly (Kind | Log)[]) =>
      subscribeToChanges(store, undefined, ({ kind }) => kinds.includes(kind)),

    /** Resets everything, pages included, or one client, if named. False when there is no such client. */
    async reset(clientId?: string): Promise<boolean> {
      const isKnown = clientId === undefined || (await allClients.clearData(clientId, scenarioAfterReset));
      if (clientId === undefined) {
        await allClients.clear();
        await seeder.all();
      } else if (isKnown) {
        await seeder.client(clientId);
      }
      await scheduler.flush(clientId);
      return isKnown;
    },

    close(): void {
      omissions?.stop();
      scheduler.close();
    },
  };
}
