import type { Static } from 'typebox';
import * as Type from 'typebox';
import type { ValidationSettings } from '../../domain/validation.ts';
import { ClientId } from './client-format.ts';
import { createListSchema, defineRoutes, TextOrNull } from './route.ts';
import { ScenarioName } from './scenario-format.ts';

const BooleanOrNull = Type.Union([Type.Boolean(), Type.Null()]);
const createBooleanSchema = (title: string) => Type.Boolean({ title, description: 'true or false' });

const body = {
  exists: Type.Optional(createBooleanSchema('answer to whether it exists')),
  confirmed: Type.Optional(createBooleanSchema('answer to whether it is confirmed')),
  scenario: Type.Optional(ScenarioName),
};
const Body = Type.Object(body);

/** A validation as the config file writes it. */
export const WrittenValidation = Type.Object(
  {
    client_id: Type.Optional(ClientId),
    validation_id: Type.String({ minLength: 1, title: 'validation id', description: 'text' }),
    ...body,
  },
  {
    additionalProperties: false,
    title: 'validation',
    description: 'a map, as in { validation_id: my-validation, scenario: manual }',
  },
);

/** What `written` sets for a validation. */
export const toValidationSettings = ({
  exists,
  confirmed,
  scenario,
}: Static<typeof Body>): ValidationSettings => ({
  ...(exists !== undefined && { exists }),
  ...(confirmed !== undefined && { confirmed }),
  ...(scenario !== undefined && { scenario }),
});

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
    body,
    status: 200,
    answer: ValidationAnswer,
  },
});
