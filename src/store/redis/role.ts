import type { RedisClient } from './client.ts';
import { WRONG_NODE } from './failures.ts';

/**
 * Why a server cannot be used by its role, as far as the user may ask for it.
 *
 * @param error its answer to a command
 */
export async function findWrongRole(
  client: Pick<RedisClient, 'readRole'>,
  error: unknown,
): Promise<string | undefined> {
  const [role, ...details] = (await client.readRole().catch(() => [])) as [string?, ...unknown[]];
  if (role === 'sentinel') {
    const [names] = details as [string[]];
    return `it is a Sentinel: use redis+sentinel://HOST:PORT/${names.join(' or /') || 'NAME'}`;
  }
  if (WRONG_NODE.test((error as Error).message))
    return 'it is a node of a cluster: use redis+cluster://HOST:PORT';
  if (role === 'slave') {
    const [host, port] = details as [string, number];
    return `it is a replica, which cannot be written: use its master ${host}:${port}, or redis+sentinel://HOST:PORT/NAME`;
  }
  return undefined;
}
