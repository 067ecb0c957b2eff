import type { RedisClient } from './client.ts';

/** Why a server cannot be used by its role, as far as the user may ask for it. */
export async function findWrongRole(client: RedisClient): Promise<string | undefined> {
  const [role, ...details] = (await client.readRole().catch(() => [])) as [string?, ...unknown[]];
  if (role === 'sentinel') {
    const [names] = details as [string[]];
    return `it is a Sentinel; use redis+sentinel://HOST:PORT/NAME, where NAME is ${names.join(' or ') || 'that of a master'}`;
  }
  if (role === 'slave') {
    const [host, port] = details as [string, number];
    return `READONLY: it is a replica of ${host}:${port}; use its master, or redis+sentinel://HOST:PORT/NAME with its Sentinels`;
  }
  return undefined;
}
