import { type Call, callAt } from '../domain/call.ts';
import { isOver } from '../domain/call-state.ts';
import type { Eventual } from '../domain/eventual.ts';
import type { Instant } from '../domain/time.ts';
import { getExpiry } from '../domain/token.ts';
import type { Change, Store, StoredRecord } from '../store/store.ts';
import { createTimeReader } from './decide.ts';
import { callRef, presenceRef, toCallId, tokenRef, validationRef } from './refs.ts';

/** How many ended tokens and calls of each client are kept. */
const MAX_ENDED_PER_CLIENT = 1_000;
/** Below this number there is nothing to sweep. */
const MIN_SWEEP_SIZE = 5_000;
const CHANGE_BATCH_SIZE = 100;

/**
 * Deletes old tokens and calls that have ended, so that a simulator that runs for weeks does not keep growing.
 *
 * @param onError called with failures of the background work
 */
export function createSweeper(store: Store, onError: (error: unknown) => void) {
  let addedSinceSweep = 0;
  let remaining = 0;
  let runningSweep: Promise<void> | undefined;

  /** @param removals the changes that delete one record each, all of one client */
  async function write(removals: readonly (readonly Change[])[]): Promise<void> {
    const owners = new Map<string | undefined, (readonly Change[])[]>();
    for (const removal of removals) {
      const [first] = removal;
      owners.set(first?.owner, [...(owners.get(first?.owner) ?? []), removal]);
    }
    for (const own of owners.values()) {
      for (let first = 0; first < own.length; first += CHANGE_BATCH_SIZE) {
        const some = own.slice(first, first + CHANGE_BATCH_SIZE);
        // When one of them has changed meanwhile, each is deleted by itself, and only the changed one stays.
        if (!(await store.swap(...some.flat()))) for (const one of some) await store.swap(...one);
      }
    }
  }

  /**
   * Deletes the records of a kind that have ended and exceed their client's limit. Returns how many are left.
   *
   * @param selectEnded returns those of a page that have ended
   * @param removal returns the changes that delete one
   */
  async function sweepKind<K extends 'token' | 'call'>(
    kind: K,
    selectEnded: (page: readonly StoredRecord<K>[]) => Promise<readonly StoredRecord<K>[]>,
    removal: (one: StoredRecord<K>) => Eventual<readonly Change[]>,
  ): Promise<number> {
    const ended = new Map<string, number>();
    let left = 0;
    for await (const page of store.pages(kind)) {
      const surplus = (await selectEnded(page)).filter(({ value: { clientId } }) => {
        const newer = ended.get(clientId) ?? 0;
        ended.set(clientId, newer + 1);
        return newer >= MAX_ENDED_PER_CLIENT;
      });
      left += page.length - surplus.length;
      await write(await Promise.all(surplus.map(removal)));
    }
    return left;
  }

  /** The number of calls of a validation, if the record holds nothing else and this was the last call. */
  async function deleteUnusedCounter({ clientId, validationId, n }: Call): Promise<Change[]> {
    const ref = validationRef(clientId, validationId);
    const [validation] = (await store.read(ref)).found;
    if (validation === undefined || validation.value.calls !== n) return [];
    const { exists, confirmed, scenario } = validation.value;
    const hasSettings = [exists, confirmed, scenario].some((one) => one !== undefined);
    return hasSettings ? [] : [{ ref, version: validation.version, owner: clientId, value: null }];
  }

  async function sweep(): Promise<void> {
    addedSinceSweep = 0;
    const timeOf = createTimeReader(store);

    /** An expired token is refused whether its record exists or not. */
    async function selectExpired(page: readonly StoredRecord<'token'>[]) {
      const times = await Promise.all(page.map(({ value }) => timeOf(value.clientId)));
      return page.filter(({ value }, index) => getExpiry(value) <= (times[index] ?? 0));
    }

    /** A call that has ended marks its tokens as completed, so it stays while they could otherwise open another. */
    async function selectUnneeded(page: readonly StoredRecord<'call'>[]) {
      const times = await Promise.all(page.map(({ value }) => timeOf(value.clientId)));
      const { found } = await store.read(...page.flatMap(({ value }) => value.tokens.map(tokenRef)));
      const living = new Map(found.map((token) => [token?.value.accessToken, token?.value]));
      return page.filter(({ value }, index) => {
        const now = times[index] as Instant;
        const isNeeded = value.tokens.some((id) => {
          const token = living.get(id);
          return token !== undefined && getExpiry(token) > now;
        });
        return !isNeeded && isOver(callAt(value, now).state);
      });
    }

    const tokens = await sweepKind('token', selectExpired, ({ version, value }) => [
      { ref: tokenRef(value.accessToken), version, owner: value.clientId, value: null },
    ]);
    const calls = await sweepKind('call', selectUnneeded, async ({ version, value }) => {
      const presence = presenceRef(toCallId(value));
      const [present] = (await store.read(presence)).found;
      const { clientId: owner } = value;
      return [
        { ref: callRef(toCallId(value)), version, owner, value: null },
        ...(present === undefined
          ? []
          : [{ ref: presence, version: present.version, owner, value: null } as const]),
        ...(await deleteUnusedCounter(value)),
      ];
    });
    remaining = tokens + calls;
  }

  const startSweep = (): void => {
    runningSweep ??= sweep()
      .catch(onError)
      .finally(() => {
        runningSweep = undefined;
      });
  };

  return {
    /** Call it after a token or call was added. It reads all of them, so it runs only when they may have doubled. */
    onAdded(): void {
      addedSinceSweep += 1;
      if (addedSinceSweep >= Math.max(MIN_SWEEP_SIZE, remaining)) startSweep();
    },

    /** Call it after time has been moved, which may have ended many at once. */
    async onTimeMoved(): Promise<void> {
      // It has read the time before.
      await runningSweep;
      if ((await store.count('token')) + (await store.count('call')) < MIN_SWEEP_SIZE) return;
      startSweep();
      await runningSweep;
    },
  };
}
