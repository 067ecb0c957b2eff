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
    summary: 'Every validation that was made known or has had a call',
    scoped: true,
    status: 200,
    answer: createListSchema(ValidationAnswer),
  },
  'PUT /validations/:validation_id': {
    summary: 'Make something known about a validation before its call, for a client or for all',
    scoped: true,
    body: {
      exists: Type.Optional(createBooleanSchema('answer to whether it exists')),
      confirmed: Type.Optional(createBooleanSchema('boolean')),
      scenario: Type.Optional(ScenarioName),
    },
    status: 200,
    answer: ValidationAnswer,
  },
});
