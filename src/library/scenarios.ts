import type { BodyOf } from '../protocol/control/asked.ts';
import type { SCENARIO_ROUTES } from '../protocol/control/scenarios.ts';
import type { VALIDATION_ROUTES } from '../protocol/control/validations.ts';
import type { Camel } from './camel.ts';
import type { Answer } from './control.ts';
import type { Scope } from './scope.ts';

/** The course of a call: its `steps`, as a scenario file has them but for `waitFor`. */
export type ScenarioOptions = Pick<
  Camel<BodyOf<(typeof SCENARIO_ROUTES)['PUT /scenarios/:name']>>,
  'description' | 'steps'
>;
/** A scenario that calls can play, and where it is from. */
export type ScenarioView = Answer<'GET /scenarios/:name'>;

/**
 * What calls can play that open from now on.
 *
 * @example
 * await mock.scenarios.put('papers-first', {
 *   steps: [{ waitFor: 'papers-shown', timeout: '10m' }, { after: '2s', agent: 'join' }],
 * });
 * await mock.validations.set('val-2', { scenario: 'papers-first' });
 */
export interface Scenarios {
  /** Puts a scenario in, in the place of one of its name. */
  put(name: string, scenario: ScenarioOptions): Promise<ScenarioView>;
  list(): Promise<ScenarioView[]>;
}

/** The scenarios of a client, or of all. */
export const scenariosOf = ({ control, client: query }: Scope): Scenarios => ({
  put: (name, body) => control.ask('PUT /scenarios/:name', { parameters: { name }, query, body }),
  list: async () => (await control.ask('GET /scenarios', { query })).items,
});

/** What is to be known of a validation before its call: `exists`, `confirmed`, `scenario`. */
export type ValidationOptions = Camel<BodyOf<(typeof VALIDATION_ROUTES)['PUT /validations/:validation_id']>>;
/** What is known of a validation; null where nothing was said. */
export type Validation = Answer<'PUT /validations/:validation_id'>;

/** What is known of validations before their calls. */
export interface Validations {
  set(validationId: string, validation: ValidationOptions): Promise<Validation>;
}

/** The validations of a client, or of all. */
export const validationsOf = ({ control, client: query }: Scope): Validations => ({
  set: (validation_id, body) =>
    control.ask('PUT /validations/:validation_id', { parameters: { validation_id }, query, body }),
});
