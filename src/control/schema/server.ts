import type { Static } from 'typebox';
import * as Type from 'typebox';
import { defineRoutes, Time } from './route.ts';

const Health = Type.Object({
  status: Type.Enum(['ok', 'degraded']),
  version: Type.String(),
  instanceId: Type.String(),
  /** The answer profile in force. */
  profile: Type.String(),
  uptimeInSeconds: Type.Integer(),
  time: Time,
  /** What is wrong. */
  message: Type.Optional(Type.String()),
});

const Index = Type.Object({
  version: Type.String(),
  pages: Type.Array(Type.Object({ title: Type.String(), path: Type.String(), summary: Type.String() }), {
    description: 'where else to look',
  }),
  routes: Type.Array(Type.Object({ method: Type.String(), path: Type.String(), summary: Type.String() }), {
    description: 'every route of the control API',
  }),
});

export const SERVER_ROUTES = defineRoutes({
  'GET /': {
    summary: 'What there is: pages and routes; a browser gets it as a page',
    storeless: true,
    status: 200,
    answer: Index,
  },
  'GET /health': {
    summary: 'Whether the simulator is healthy, and which one it is',
    open: true,
    storeless: true,
    status: 200,
    answer: Health,
    otherwise: { status: 503, when: ({ status }: Static<typeof Health>) => status !== 'ok' },
  },
  'POST /reset': {
    summary: 'Reset everything to the start; with client_id, only that client',
    scoped: true,
    status: 204,
  },
  'GET /openapi.json': {
    summary: 'This description',
    storeless: true,
    status: 200,
    answer: Type.Object({ openapi: Type.String() }),
  },
  'GET /metrics': {
    summary: 'Metrics of this process for Prometheus',
    storeless: true,
    status: 200,
    answer: Type.String(),
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  },
  'GET /ca.pem': {
    summary: 'The authority to trust with --https, as PEM',
    open: true,
    storeless: true,
    status: 200,
    answer: Type.String(),
    contentType: 'application/x-pem-file',
    errors: ['not_found'],
  },
});
