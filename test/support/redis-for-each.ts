import { afterEach, beforeEach, vi } from 'vitest';
import { createPrefix, newClient, type RedisServer, startRedis } from './redis.ts';

/** Starts a Redis for each test, and stops it after the simulators that the test closes in its own `afterEach`. */
export function useRedisForEach() {
  const set = {} as {
    server: RedisServer;
    /** A client without scripts. */
    redis: ReturnType<typeof newClient>;
    prefix: string;
    /** What simulators have logged about their store. */
    lines: string[];
  };
  beforeEach(async () => {
    set.server = await startRedis();
    set.redis = newClient(set.server.url);
    await set.redis.connect();
    set.prefix = createPrefix();
    set.lines = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
      if (String(text).includes('the store at')) set.lines.push(String(text).trim());
      return true;
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    set.redis.destroy();
    await set.server.stop();
  });
  return set;
}
