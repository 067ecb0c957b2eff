import { Type } from 'typebox';
import { routes, Time } from './route.ts';

export const SERVER_ROUTES = routes({
  'GET /health': {
    summary: 'Whether the simulator is well, and which one it is',
    open: true,
    status: 200,
    answer: Type.Object({
      status: Type.Enum(['ok']),
      version: Type.String(),
      instanceId: Type.String(),
      uptimeInSeconds: Type.Integer(),
      time: Time,
    }),
  },
  'POST /reset': {
    summary: 'Back to the start; with client_id, of that client alone',
    scoped: true,
    status: 204,
  },
  'GET /openapi.json': {
    summary: 'This description',
    status: 200,
    answer: Type.Object({ openapi: Type.String() }),
  },
  'GET /metrics': {
    summary: 'Figures of this process for Prometheus',
    status: 200,
    answer: Type.String(),
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
  },
});
