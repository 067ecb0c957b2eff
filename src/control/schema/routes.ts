import { CALL_ROUTES } from './calls.ts';
import { CLIENT_ROUTES } from './clients.ts';
import { CLOCK_ROUTES } from './clock.ts';
import { COVERAGE_ROUTES } from './coverage.ts';
import { FAULT_ROUTES } from './faults.ts';
import { JOURNAL_ROUTES } from './journal.ts';
import { STATE_ROUTES } from './provider-states.ts';
import { SCENARIO_ROUTES } from './scenarios.ts';
import { SERVER_ROUTES } from './server.ts';
import { TOKEN_ROUTES } from './tokens.ts';
import { VALIDATION_ROUTES } from './validations.ts';

/** Every route of the control API, by its method and path. */
export const ROUTES = {
  ...SERVER_ROUTES,
  ...CLIENT_ROUTES,
  ...TOKEN_ROUTES,
  ...CLOCK_ROUTES,
  ...SCENARIO_ROUTES,
  ...VALIDATION_ROUTES,
  ...CALL_ROUTES,
  ...FAULT_ROUTES,
  ...JOURNAL_ROUTES,
  ...COVERAGE_ROUTES,
  ...STATE_ROUTES,
};
