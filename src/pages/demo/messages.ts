import type { Static } from 'typebox';
import * as Type from 'typebox';
import type { Format } from '../../control/schema/mismatch.ts';
import { ScenarioName } from '../../control/schema/scenario-format.ts';

const schema = Type.Object(
  { scenario: ScenarioName },
  { additionalProperties: false, title: 'body', description: 'a map with scenario' },
);

/** The page's request to its backend: `POST /__demo/calls`. */
export const DemoCallRequest: Format<typeof schema> = { schema, beyond: () => [] };
export type DemoCallRequest = Static<typeof schema>;

/** The backend's answer: the URL for the iframe, and its validation. */
export interface DemoCall {
  readonly src: string;
  readonly validation_id: string;
}

/** The data that the server embeds in the demo page, as JSON. */
export interface DemoSetup {
  /** The URL of the backend. */
  readonly calls: string;
  /** The client whose clock the page advances. */
  readonly client: string;
  /** The description of each scenario, by its name. */
  readonly scenarios: Readonly<Record<string, string>>;
}
