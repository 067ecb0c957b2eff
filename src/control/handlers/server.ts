import type { Instant } from '../../domain/time.ts';
import type { Simulator } from '../../simulator/simulator.ts';
import { ControlError } from '../errors.ts';
import { createOpenApi } from '../schema/openapi.ts';
import { listRoutes, PAGES } from '../schema/overview.ts';
import { ADMIN } from '../schema/paths.ts';
import { ROUTES } from '../schema/routes.ts';
import type { SERVER_ROUTES } from '../schema/server.ts';
import type { Handlers } from './handler.ts';

/** Identifies this process in health checks. */
export interface ServerInfo {
  readonly version: string;
  /** The name of its answer profile. */
  readonly profile: string;
  readonly instanceId: string;
  readonly startedAt: Instant;
  readonly realTime: () => Instant;
  /** Metrics in Prometheus' text format. */
  readonly metrics: () => string;
  /** The authority of its certificate as PEM, when it was made here. */
  readonly ca: string | undefined;
}

/** The simulator itself. */
export const serverHandlers = (
  { reset, whyUnavailable }: Simulator,
  { version, profile, instanceId, startedAt, realTime, metrics, ca }: ServerInfo,
): Handlers<typeof SERVER_ROUTES> => ({
  'GET /': async () => ({ version, pages: [...PAGES], routes: listRoutes(ROUTES) }),

  async 'GET /health'() {
    const now = realTime();
    const message = await whyUnavailable();
    return {
      status: message === undefined ? ('ok' as const) : ('degraded' as const),
      version,
      profile,
      instanceId,
      uptimeInSeconds: Math.floor((now - startedAt) / 1000),
      time: new Date(now).toISOString(),
      ...(message !== undefined && { message }),
    };
  },

  async 'POST /reset'({ clientId }) {
    await reset(clientId);
  },

  'GET /openapi.json': async () => createOpenApi(ROUTES, version, ADMIN),

  'GET /metrics': async () => metrics(),

  async 'GET /ca.pem'() {
    if (ca !== undefined) return ca;
    throw new ControlError('not_found', 'there is no authority: no certificate was made here', {
      hint: 'start with --https, and without --cert',
    });
  },
});
