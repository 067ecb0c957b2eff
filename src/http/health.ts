import type { FastifyInstance } from 'fastify';
import type { Instant } from '../domain/time.ts';

/** Which process this is, for whoever asks whether it is well. */
export interface About {
  readonly version: string;
  readonly instanceId: string;
  readonly startedAt: Instant;
  readonly realTime: () => Instant;
}

/** `GET health`: open to all, because those who watch over processes bring no credentials. */
export async function health(app: FastifyInstance, { about }: { about: About }): Promise<void> {
  app.get('/health', async () => {
    const now = about.realTime();
    return {
      status: 'ok',
      version: about.version,
      instanceId: about.instanceId,
      uptimeInSeconds: Math.floor((now - about.startedAt) / 1000),
      time: new Date(now).toISOString(),
    };
  });
}
