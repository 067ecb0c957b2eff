import type { AgentAction, DeliveryFault } from '../domain/scenario.ts';
import type { ErrorCode } from '../guide/events.ts';
import type { Scope } from './scope.ts';

/** The course of a call: its `steps`, as a scenario file has them but for `waitFor`. */
export interface ScenarioOptions {
  description?: string;
  steps: ScenarioStep[];
}

/** Something that happens `after` the step before it, or that is waited for. Lengths of time are as in `1.5s`. */
export type ScenarioStep =
  | { after: string; agent: AgentAction; delivery?: DeliveryFault }
  | { after: string; fail: ErrorCode; delivery?: DeliveryFault }
  | {
      after: string;
      post: { type: 'info' | 'error'; code: string; message: string };
      delivery?: DeliveryFault;
    }
  | { waitFor: string; timeout?: string };

/** A scenario that calls can play, and where it is from. */
export interface ScenarioView {
  name: string;
  description: string | null;
  source: 'file' | 'control-api';
  /** Whose it is; null where it is for all. */
  clientId: string | null;
  steps: ScenarioStep[];
}

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

/**
 * The scenarios of a client, or of all.
 *
 * @internal
 */
export const createScenarios = ({ control, client: query }: Scope): Scenarios => ({
  put: (name, body) => control.ask('PUT /scenarios/:name', { parameters: { name }, query, body }),
  list: async () => (await control.ask('GET /scenarios', { query })).items,
});

/** What is to be known of a validation before its call. */
export interface ValidationOptions {
  exists?: boolean;
  confirmed?: boolean;
  scenario?: string;
}

/** What is known of a validation; null where nothing was said. */
export interface Validation {
  clientId: string | null;
  validationId: string;
  exists: boolean | null;
  confirmed: boolean | null;
  scenario: string | null;
  /** How many there were. */
  calls: number;
}

/** What is known of validations before their calls. */
export interface Validations {
  set(validationId: string, validation: ValidationOptions): Promise<Validation>;
}

/**
 * The validations of a client, or of all.
 *
 * @internal
 */
export const createValidations = ({ control, client: query }: Scope): Validations => ({
  set: (validation_id, body) =>
    control.ask('PUT /validations/:validation_id', { parameters: { validation_id }, query, body }),
});
