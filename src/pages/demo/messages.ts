import { type Static, Type } from 'typebox';
import type { Format } from '../../control/schema/mismatch.ts';
import { ScenarioName } from '../../control/schema/scenario-format.ts';

/** The client whose calls it shows: one of its own, so that nobody else's tests see anything of them. */
export const DEMO_CLIENT = 'demo';

const schema = Type.Object(
  { scenario: ScenarioName },
  { additionalProperties: false, title: 'body', description: 'a map with scenario' },
);

/** What the page asks its backend for: `POST /__demo/calls`. */
export const DemoCallRequest: Format<typeof schema> = { schema, beyond: () => [] };
export type DemoCallRequest = Static<typeof schema>;

/** What the backend answers: the address for the iframe, and the validation that it is for. */
export interface DemoCall {
  readonly src: string;
  readonly validation_id: string;
}

/** What the server hands to the page's script inside its HTML, as JSON. */
export interface DemoSetup {
  /** Where the backend is asked for a call. */
  readonly calls: string;
  /** For whom the control API lets time pass. */
  readonly client: string;
  /** What happens in each scenario, by its name. */
  readonly scenarios: Readonly<Record<string, string>>;
}
