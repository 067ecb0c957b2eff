import { type Static, Type } from 'typebox';
import { createListSchema, defineRoutes, TextOrNull } from './route.ts';
import { ScenarioName } from './scenario-format.ts';

const BooleanOrNull = Type.Union([Type.Boolean(), Type.Null()]);
const createBooleanSchema = (title: string) => Type.Boolean({ title, description: 'true or false' });

export const ValidationAnswer = Type.Object({
  client_id: TextOrNull,
  validation_id: Type.String(),
  exists: BooleanOrNull,
  confirmed: BooleanOrNull,
  scenario: TextOrNull,
  calls: Type.Integer(),
});
export type ValidationAnswer = Static<typeof ValidationAnswer>;

export const VALIDATION_ROUTES = defineRoutes({
  'GET /validations': {
    summary: 'All validations that were created, set or had a call',
    scoped: true,
    status: 200,
    answer: createListSchema(ValidationAnswer),
  },
  'PUT /validations/:validation_id': {
    summary: 'Set properties of a validation before its call, for one client or for all',
    scoped: true,
    body: {
      exists: Type.Optional(createBooleanSchema('boolean')),
      confirmed: Type.Optional(createBooleanSchema('boolean')),
      scenario: Type.Optional(ScenarioName),
    },
    status: 200,
    answer: ValidationAnswer,
  },
});
