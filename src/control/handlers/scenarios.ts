import { describeUnknownScenario } from '../../domain/scenario.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { toListAnswer, toScenarioAnswer } from '../answers.ts';
import { ControlError, createInvalidError, createUnknownClientError } from '../errors.ts';
import { findMismatches } from '../schema/mismatch.ts';
import { ScenarioName, toScenario } from '../schema/scenario-format.ts';
import type { SCENARIO_ROUTES } from '../schema/scenarios.ts';
import type { Handlers } from './handler.ts';

/** The problem of a scenario name that a request wants to set, if any. */
export async function findNameProblems(
  scenarios: Simulator['scenarios'],
  name: string | undefined,
  clientId: string | undefined,
  key: 'scenario' | 'next_scenario' = 'scenario',
) {
  if (name === undefined || (await scenarios.get(name, clientId)) !== undefined) return [];
  const known = (await scenarios.list(clientId)).map(({ scenario }) => scenario.name);
  return [{ path: `/${key}`, message: `${key}: ${describeUnknownScenario(name, known)}` }];
}

const createNotFoundError = (name: string) =>
  new ControlError('not_found', `there is no scenario "${name}"`, {
    hint: 'GET /__admin/scenarios lists them',
  });

/** What calls can play. */
export const scenarioHandlers = ({ scenarios }: Simulator): Handlers<typeof SCENARIO_ROUTES> => ({
  'GET /scenarios': async ({ clientId }) => toListAnswer(await scenarios.list(clientId), toScenarioAnswer),

  async 'GET /scenarios/:name'({ parameters: { name }, clientId }) {
    const view = await scenarios.get(name, clientId);
    if (view === undefined) throw createNotFoundError(name);
    return toScenarioAnswer(view);
  },

  async 'PUT /scenarios/:name'({ parameters: { name }, body, clientId }) {
    const [misnamed] = findMismatches(ScenarioName, name, ['name']);
    if (misnamed !== undefined) throw createInvalidError([{ path: '/name', message: misnamed.message }]);
    if (body.name !== undefined && body.name !== name)
      throw createInvalidError([
        { path: '/name', message: `name: "${body.name}" must be the name in the path, "${name}"` },
      ]);
    const view = await scenarios.put(toScenario({ ...body, name }), clientId);
    if (view === undefined) throw createUnknownClientError(clientId ?? '');
    return toScenarioAnswer(view);
  },

  async 'DELETE /scenarios/:name'({ parameters: { name }, clientId }) {
    const players = await scenarios.remove(name, clientId);
    if (players === undefined) {
      throw new ControlError('not_found', `there is no scenario "${name}" that was added by PUT`, {
        hint: 'a scenario from a file cannot be deleted, only replaced',
      });
    }
    if (players.length > 0) {
      throw new ControlError('conflict', `"${name}" is still selected by ${players.join(', ')}`, {
        hint: 'select another scenario for them first',
      });
    }
  },
});
