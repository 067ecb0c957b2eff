import type { FastifyRequest } from 'fastify';
import { noScenario } from '../../domain/scenario.ts';
import type { ForClient } from '../../protocol/control.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { ControlError } from './answers.ts';

/** What the routes of the control API have in common. */
export interface ControlDoor {
  readonly simulator: Simulator;
  /** The client that a request names in its query or body, which must exist; undefined when it names none. */
  clientNamed(request: FastifyRequest): Promise<string | undefined>;
  /** The faults of a scenario's name that somebody wishes for. */
  scenarioFaults(name: string | undefined): string[];
}

export const noClient = (id: string) =>
  new ControlError('not_found', `there is no client "${id}"`, 'GET /__admin/clients lists them');

export const controlDoor = (simulator: Simulator): ControlDoor => ({
  simulator,

  async clientNamed(request) {
    const { client_id: inQuery } = request.query as ForClient;
    const { client_id: inBody } = (request.body ?? {}) as ForClient;
    const id = inBody ?? inQuery;
    if (id !== undefined && (await simulator.clients.get(id)) === undefined) throw noClient(id);
    return id;
  },

  scenarioFaults: (name) =>
    name === undefined || simulator.scenarios.has(name)
      ? []
      : [`scenario: ${noScenario(name, simulator.scenarios.keys())}`],
});
