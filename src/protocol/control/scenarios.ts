import { Type } from 'typebox';
import { SCENARIO, type WrittenScenario } from '../scenario.ts';
import { listOf, routes, TextOrNull } from './route.ts';

const { name, description, steps } = SCENARIO.schema.properties;

const ScenarioAnswer = Type.Object({
  name: Type.String(),
  description: TextOrNull,
  /** Where it comes from. */
  source: Type.Enum(['file', 'control-api']),
  /** Whose it is; null where it is for all. */
  client_id: TextOrNull,
  steps,
});

export const SCENARIO_ROUTES = routes({
  'GET /scenarios': {
    summary: 'Every scenario that can be played',
    scoped: true,
    status: 200,
    answer: listOf(ScenarioAnswer),
  },
  'GET /scenarios/:name': { summary: 'One scenario', scoped: true, status: 200, answer: ScenarioAnswer },
  'PUT /scenarios/:name': {
    summary: 'Put a scenario in, for a client or for all, in the place of one of its name',
    scoped: true,
    body: { name: Type.Optional(name), description, steps },
    beyond: (written: WrittenScenario, isSound) => SCENARIO.beyond(written, isSound),
    status: 200,
    answer: ScenarioAnswer,
  },
  'DELETE /scenarios/:name': {
    summary: 'Take away what was put in; what a file holds of that name can be played again',
    scoped: true,
    status: 204,
    errors: ['conflict'],
  },
});
