import { fileURLToPath } from 'node:url';
import type { Scenario } from '../domain/scenario.ts';
import { ROOT } from '../system/package.ts';
import { readScenarios } from './read-scenarios.ts';

/** The folder of the scenarios that come with the package. */
export const SHIPPED = fileURLToPath(new URL('fixtures/scenarios', ROOT));

/** The scenarios that come with the package, by name. The build replaces this file by their content. */
export const SHIPPED_SCENARIOS: ReadonlyMap<string, Scenario> = readScenarios([SHIPPED]);
