import type { Logger } from 'pino';
import type { AnswerProfile } from '../domain/answer-profile.ts';
import type { Resolved } from '../options/resolve.ts';
import { explainStore, isStore, STORE_FORMS } from '../options/store-address.ts';
import { createSeeder } from '../simulator/seed.ts';
import { createMemoryStore } from '../store/memory.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { systemTime } from '../system/clock.ts';
import type { Random } from '../system/random.ts';
import type { LaunchOptions } from './mock-options.ts';

/** Every option of a simulator, with its default where it was left out. */
export type ResolvedOptions = Resolved<'library', LaunchOptions>;

/** The options that instances with one store should have in common, under their names in a config file. */
function listCommonOptions({
  port,
  host,
  https,
  browserUrl,
  mediaPorts,
  trustProxy,
  admin,
  scenarios,
  profile,
  ...common
}: Omit<ResolvedOptions, 'store' | 'storePrefix' | 'logLevel' | 'logFormat' | 'profile'> & {
  readonly profile: AnswerProfile;
}): Record<string, unknown> {
  const files = typeof scenarios === 'function' ? scenarios() : scenarios;
  return Object.fromEntries(
    Object.entries({ ...common, profile: profile.name, scenarios: [...files] }).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
      value,
    ]),
  );
}

/** The store at an address. */
export async function openStore(
  address: string,
  prefix: string,
  options: Parameters<typeof listCommonOptions>[0],
  random: Random,
  log: Logger,
  onShared: (line: string) => void,
): Promise<Store> {
  if (address === 'memory') return createMemoryStore(systemTime);
  if (!isStore(address))
    throw new StoreUnavailable(
      `store: is neither memory nor the address of a Redis; ${explainStore(address) ?? `give ${STORE_FORMS}`}`,
    );
  const { createRedisStore } = await import('../store/redis/redis-store.ts');
  return createRedisStore({
    url: address,
    prefix,
    configuration: listCommonOptions(options),
    onStatusChange: (line) => log.warn(line),
    onShared,
    reseed: (store, isLost) => createSeeder(store, random, options).again(isLost),
  });
}
