import type { Simulator } from '../../simulator/simulator.ts';
import { toCoverageAnswer } from '../answers.ts';
import type { COVERAGE_ROUTES } from '../schema/coverage.ts';
import type { Handlers } from './handler.ts';

/** Reads what was played. */
export const coverageHandlers = ({ coverage }: Simulator): Handlers<typeof COVERAGE_ROUTES> => ({
  'GET /coverage': async ({ clientId }) => toCoverageAnswer(await coverage.read(clientId)),
});
