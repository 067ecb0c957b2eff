import type { AgentAction, DeliveryFault } from '../domain/scenario.ts';
import type { ErrorCode } from '../guide/events.ts';
import type { Scope } from './scope.ts';

/** The script of a call: its `steps` as in a scenario file, except `waitFor` for `wait_for`. */
export interface ScenarioOptions {
  description?: string;
  steps: ScenarioStep[];
}

/** A step that happens `after` the previous one, or that waits. Durations are written like `1.5s`. */
export type ScenarioStep =
  | { after: string; agent: AgentAction; delivery?: DeliveryFault }
  | { after: string; fail: ErrorCode; delivery?: DeliveryFault }
  | {
      after: string;
      post: { type: 'info' | 'error'; code: string; message: string };
      delivery?: DeliveryFault;
    }
  | { waitFor: string; timeout?: string };

/** A scenario that calls can play, and its source. */
export interface ScenarioView {
  name: string;
  description: string | null;
  source: 'file' | 'control-api';
  /** The client it belongs to; null when it is for all. */
  clientId: string | null;
  steps: ScenarioStep[];
}

/**
 * The scenarios that calls opened from now on can play.
 *
 * @example
 * await mock.scenarios.put('papers-first', {
 *   steps: [{ waitFor: 'papers-shown', timeout: '10m' }, { after: '2s', agent: 'join' }],
 * });
 * await mock.validations.set('val-2', { scenario: 'papers-first' });
 */
export interface Scenarios {
  /** Adds a scenario, or replaces the one of the same name. */
  put(name: string, scenario: ScenarioOptions): Promise<ScenarioView>;
  list(): Promise<ScenarioView[]>;
}

/**
 * The scenarios of one client, or of all.
 *
 * @internal
 */
export const createScenarios = ({ control, client: query }: Scope): Scenarios => ({
  put: (name, body) => control.ask('PUT /scenarios/:name', { parameters: { name }, query, body }),
  list: async () => (await control.ask('GET /scenarios', { query })).items,
});

/** Properties of a validation, set before its call. */
export interface ValidationOptions {
  exists?: boolean;
  confirmed?: boolean;
  scenario?: string;
}

/** What is known of a validation; null for what was never set. */
export interface Validation {
  clientId: string | null;
  validationId: string;
  exists: boolean | null;
  confirmed: boolean | null;
  scenario: string | null;
  /** How many calls it has had. */
  calls: number;
}

/** Validations, which can be set up before their calls. */
export interface Validations {
  set(validationId: string, validation: ValidationOptions): Promise<Validation>;
}

/**
 * The validations of one client, or of all.
 *
 * @internal
 */
export const createValidations = ({ control, client: query }: Scope): Validations => ({
  set: (validation_id, body) =>
    control.ask('PUT /validations/:validation_id', { parameters: { validation_id }, query, body }),
});
