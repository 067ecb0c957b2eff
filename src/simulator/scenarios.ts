import { findMisspeltScenario, type MisspeltScenario } from '../domain/misspelt-scenario.ts';
import {
  describeUnknownScenario,
  listCandidates,
  type Scenario,
  type ScenarioChoices,
} from '../domain/scenario.ts';
import type { Store } from '../store/store.ts';
import { decideFor } from './decide.ts';
import { ALL_CLIENTS, scenarioRef } from './refs.ts';

/** A scenario that can be played, and its source: a file, or the control API for one client or all. */
export interface ScenarioView {
  readonly scenario: Scenario;
  readonly clientId?: string;
}

export type Scenarios = ReturnType<typeof createScenarios>;

/**
 * The scenarios that calls can play. One put for a client overrides one put for all, which overrides the files.
 *
 * @param files returns the present scenarios of the files
 * @param usual name of the default scenario
 */
export function createScenarios(store: Store, files: () => ReadonlyMap<string, Scenario>, usual: string) {
  /** The first of `names` for which the client has a scenario. */
  async function findFirst(names: readonly string[], clientId: string): Promise<ScenarioView | undefined> {
    const owners = [clientId, ALL_CLIENTS];
    const { found } = await store.read(
      ...names.flatMap((name) => owners.map((owner) => scenarioRef(owner, name))),
    );
    const known = files();
    return names
      .map((name, index): ScenarioView | undefined => {
        const scenario = known.get(name);
        return (found[2 * index] ?? found[2 * index + 1])?.value ?? (scenario && { scenario });
      })
      .find((view) => view !== undefined);
  }

  /** The scenario that a validation id names with a mistake. */
  async function findMisspelt(validationId: string, clientId: string): Promise<MisspeltScenario | undefined> {
    const own = await Promise.all([clientId, ALL_CLIENTS].map((owner) => store.list('scenario', owner)));
    return findMisspeltScenario(validationId, [
      ...files().keys(),
      ...own.flat().map(({ value }) => value.scenario.name),
    ]);
  }

  const get = (name: string, clientId = ALL_CLIENTS) => findFirst([name], clientId);

  /** Clients and validations that are set to play `name`, and could not if `clientId` had no scenario of that name. */
  async function findDependents(name: string, clientId: string): Promise<string[]> {
    if (files().has(name)) return [];
    const others = (await store.list('scenario'))
      .map(({ value }) => value)
      .filter((one) => one.scenario.name === name && one.clientId !== clientId);
    const isAffected = (owner: string) =>
      (clientId === ALL_CLIENTS || owner === clientId) &&
      others.every((one) => one.clientId !== ALL_CLIENTS && one.clientId !== owner);
    const clients = (await store.list('client')).map(({ value }) => value);
    const validations = (await store.list('validation')).map(({ value }) => value);
    return [
      ...clients
        .filter(
          (client) => [client.scenario, client.nextScenario].includes(name) && isAffected(client.clientId),
        )
        .map((client) => `client "${client.clientId}"`),
      ...validations
        .filter((validation) => validation.scenario === name && isAffected(validation.clientId))
        .map((validation) => `validation "${validation.validationId}"`),
    ];
  }

  /**
   * Removes a scenario that was put for a client, or for all. Returns undefined when there is none. Otherwise returns who would
   * be left without the scenario they are set to play; if that is anyone, the scenario stays.
   */
  async function remove(name: string, clientId = ALL_CLIENTS): Promise<readonly string[] | undefined> {
    const ref = scenarioRef(clientId, name);
    const [own] = (await store.read(ref)).found;
    if (own === undefined) return undefined;
    const dependents = await findDependents(name, clientId);
    if (dependents.length > 0) return dependents;
    const isRemoved = await store.swap({ ref, version: own.version, owner: clientId, value: null });
    return isRemoved ? [] : remove(name, clientId);
  }

  return {
    get,
    usual,

    /** Every scenario by name; only those that one client can play, if named. */
    async list(clientId?: string): Promise<ScenarioView[]> {
      const own = (await store.list('scenario')).map(({ value }) => value);
      const all: ScenarioView[] = [...[...files().values()].map((scenario) => ({ scenario })), ...own];
      const byName = all.sort((a, b) => (a.scenario.name < b.scenario.name ? -1 : 1));
      if (clientId === undefined) return byName;
      const names = [...new Set(byName.map(({ scenario }) => scenario.name))];
      return (await Promise.all(names.map((name) => get(name, clientId)))).filter(
        (view) => view !== undefined,
      );
    },

    /** Adds or replaces a scenario for a client or for all; undefined when there is no such client. */
    put: (scenario: Scenario, clientId = ALL_CLIENTS): Promise<ScenarioView | undefined> =>
      decideFor(store, clientId, scenarioRef(clientId, scenario.name), () => {
        const value = { clientId, scenario };
        return { value, result: value };
      }),

    remove,
    findMisspelt,

    /** The scenario of a client's call: the most specific setting for which a scenario exists. */
    async chooseScenario(clientId: string, wishes: Omit<ScenarioChoices, 'usual'>): Promise<Scenario> {
      const view = await findFirst(listCandidates({ ...wishes, usual }), clientId);
      if (view === undefined) throw new Error(describeUnknownScenario(usual, files().keys()));
      return view.scenario;
    },
  };
}
