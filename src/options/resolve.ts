import { type Client, SANDBOX_CLIENT } from '../domain/client.ts';
import type { Scenario } from '../domain/scenario.ts';
import type { Taker } from './row.ts';
import { SHIPPED_SCENARIOS } from './shipped-scenarios.ts';
import { camelCase, getDefault, namesFor, type OptionsFor } from './table.ts';

/** Credentials that the control API asks of other machines and of proxies, and the web origins that may use it. */
export interface Admin {
  readonly user: string;
  readonly password?: string;
  readonly origins: readonly string[];
}

/** What a simulator needs besides its options. */
interface Parts {
  readonly clients: readonly Client[];
  readonly scenarios: ReadonlyMap<string, Scenario>;
  readonly admin: Admin;
}

const usualParts = (): Parts => ({
  clients: [SANDBOX_CLIENT],
  scenarios: SHIPPED_SCENARIOS,
  admin: {
    user: getDefault('admin-user', 'start') as string,
    origins: getDefault('admin-origin', 'start') as string[],
  },
});

type HasDefault<T extends Taker> =
  | { [K in keyof OptionsFor<T>]: undefined extends OptionsFor<T>[K] ? never : K }[keyof OptionsFor<T>]
  | keyof Parts;

/** Options in which everything with a default is set. */
export type Resolved<T extends Taker, G> = {
  readonly [K in keyof G]-?: K extends HasDefault<T> ? Exclude<G[K], undefined> : G[K];
};

/** `given`, with defaults for the options of `taker` that are missing. */
export function resolve<T extends Taker, G extends object>(taker: T, given: G): Resolved<T, G> {
  const defaults = namesFor(taker).map((name) => [camelCase(name), getDefault(name, taker)]);
  return {
    ...(taker === 'library' && usualParts()),
    ...Object.fromEntries(defaults),
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
  };
}
