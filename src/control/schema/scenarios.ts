import * as Type from 'typebox';
import { createListSchema, defineRoutes, TextOrNull } from './route.ts';
import { SCENARIO, type WrittenScenario } from './scenario-format.ts';

const { $schema, name, description, steps } = SCENARIO.schema.properties;

const ScenarioAnswer = Type.Object({
  name: Type.String(),
  description: TextOrNull,
  source: Type.Enum(['file', 'control-api']),
  client_id: Type.Union([Type.String(), Type.Null()], {
    description: 'the client that it belongs to; null if it is for all clients',
  }),
  steps,
});

export const SCENARIO_ROUTES = defineRoutes({
  'GET /scenarios': {
    summary: 'All scenarios that calls can use',
    scoped: true,
    status: 200,
    answer: createListSchema(ScenarioAnswer),
  },
  'GET /scenarios/:name': { summary: 'One scenario', scoped: true, status: 200, answer: ScenarioAnswer },
  'PUT /scenarios/:name': {
    summary: 'Add or replace a scenario, for one client or for all',
    scoped: true,
    body: { $schema, name: Type.Optional(name), description, steps },
    beyond: (written: WrittenScenario, isSound) => SCENARIO.beyond(written, isSound),
    status: 200,
    answer: ScenarioAnswer,
  },
  'DELETE /scenarios/:name': {
    summary: 'Remove a scenario that was added by PUT; a file with that name counts again',
    scoped: true,
    status: 204,
    errors: ['conflict'],
  },
});
