import { Type } from 'typebox';
import { createListSchema, defineRoutes, TextOrNull } from './route.ts';
import { SCENARIO, type WrittenScenario } from './scenario-format.ts';

const { $schema, name, description, steps } = SCENARIO.schema.properties;

const ScenarioAnswer = Type.Object({
  name: Type.String(),
  description: TextOrNull,
  source: Type.Enum(['file', 'control-api']),
  client_id: Type.Union([Type.String(), Type.Null()], {
    description: 'whose it is; null where it is for all',
  }),
  steps,
});

export const SCENARIO_ROUTES = defineRoutes({
  'GET /scenarios': {
    summary: 'Every scenario that can be played',
    scoped: true,
    status: 200,
    answer: createListSchema(ScenarioAnswer),
  },
  'GET /scenarios/:name': { summary: 'One scenario', scoped: true, status: 200, answer: ScenarioAnswer },
  'PUT /scenarios/:name': {
    summary: 'Put a scenario in, for a client or for all, in the place of one of its name',
    scoped: true,
    body: { $schema, name: Type.Optional(name), description, steps },
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
