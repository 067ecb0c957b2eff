import { systemTime } from '../../system/clock.ts';

/** After this time without a request, a verification counts as ended. */
const LEASE_MS = 60_000;

/** Lets one verification at a time use the provider states. */
export function createLease() {
  let owner: string | undefined;
  let lastUse = 0;

  return {
    /** Whether `name` may use them now; without a name, nothing is reserved. */
    claim(name: string | undefined): boolean {
      const now = systemTime();
      const isFree = owner === undefined || owner === name || now - lastUse >= LEASE_MS;
      if (!isFree) return false;
      owner = name;
      lastUse = now;
      return true;
    },

    release(): void {
      owner = undefined;
    },
  };
}
