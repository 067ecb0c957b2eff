import { type Call, callAt, isOver } from '../domain/call.ts';
import type { Instant } from '../domain/time.ts';
import { getExpiry, type Token } from '../domain/token.ts';
import type { Change, Store, StoredRecord } from '../store/store.ts';
import { createTimeReader } from './decide.ts';
import { callRef, presenceRef, toCallId, tokenRef, validationRef } from './refs.ts';

/** How many ended tokens and calls of each client are kept. */
const MAX_ENDED_PER_CLIENT = 1_000;
/** Below this number there is nothing to sweep. */
const MIN_SWEEP_SIZE = 5_000;
const CHANGE_BATCH_SIZE = 500;

type ReadTime = ReturnType<typeof createTimeReader>;

/** Those of `all`, oldest first, that have ended and exceed their client's limit. */
function selectSurplus<T extends { readonly value: { readonly clientId: string } }>(
  all: readonly T[],
  hasEnded: readonly boolean[],
): T[] {
  const kept = new Map<string, number>();
  return all
    .filter((_, index) => hasEnded[index])
    .toReversed()
    .filter(({ value: { clientId } }) => {
      const before = kept.get(clientId) ?? 0;
      kept.set(clientId, before + 1);
      return before >= MAX_ENDED_PER_CLIENT;
    });
}

/**
 * Deletes old tokens and calls that have ended, so that a simulator that runs for weeks does not keep growing.
 *
 * @param onError called with failures of the background work
 */
export function createSweeper(store: Store, onError: (error: unknown) => void) {
  let addedSinceSweep = 0;
  let remaining = 0;
  let runningSweep: Promise<void> | undefined;

  const readTimes = (
    all: readonly { readonly value: { readonly clientId: string } }[],
    timeOf: ReadTime,
  ): Promise<Instant[]> => Promise.all(all.map(({ value }) => timeOf(value.clientId)));

  async function write(changes: readonly (readonly Change[])[]): Promise<void> {
    for (let first = 0; first < changes.length; first += CHANGE_BATCH_SIZE) {
      const some = changes.slice(first, first + CHANGE_BATCH_SIZE);
      // When one of them has changed meanwhile, each is deleted by itself, and only the changed one stays.
      if (!(await store.swap(...some.flat()))) for (const one of some) await store.swap(...one);
    }
  }

  /** An expired token is refused whether its record exists or not. */
  async function sweepTokens(timeOf: ReadTime): Promise<Map<string, Token>> {
    const all = await store.list('token');
    const times = await readTimes(all, timeOf);
    const ended = selectSurplus(
      all,
      all.map(({ value }, index) => getExpiry(value) <= (times[index] ?? 0)),
    );
    await write(
      ended.map((one) => [
        {
          ref: tokenRef(one.value.accessToken),
          version: one.version,
          owner: one.value.clientId,
          value: null,
        },
      ]),
    );
    const gone = new Set(ended);
    return new Map(all.filter((one) => !gone.has(one)).map(({ value }) => [value.accessToken, value]));
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

  /** A call that has ended marks its tokens as completed, so it stays while they could otherwise open another. */
  async function sweepCalls(tokens: ReadonlyMap<string, Token>, timeOf: ReadTime): Promise<number> {
    const all = await store.list('call');
    const times = await readTimes(all, timeOf);
    const ended = selectSurplus(
      all,
      all.map(({ value }, index) => {
        const now = times[index] as Instant;
        const isNeeded = value.tokens.some((id) => {
          const token = tokens.get(id);
          return token !== undefined && getExpiry(token) > now;
        });
        return !isNeeded && isOver(callAt(value, now).state);
      }),
    );
    const changes = async (one: StoredRecord<'call'>): Promise<Change[]> => {
      const presence = presenceRef(toCallId(one.value));
      const [present] = (await store.read(presence)).found;
      const { clientId } = one.value;
      return [
        { ref: callRef(toCallId(one.value)), version: one.version, owner: clientId, value: null },
        ...(present === undefined
          ? []
          : [{ ref: presence, version: present.version, owner: clientId, value: null } as const]),
        ...(await deleteUnusedCounter(one.value)),
      ];
    };
    await write(await Promise.all(ended.map(changes)));
    return all.length - ended.length;
  }

  async function sweep(): Promise<void> {
    addedSinceSweep = 0;
    const timeOf = createTimeReader(store);
    const tokens = await sweepTokens(timeOf);
    remaining = tokens.size + (await sweepCalls(tokens, timeOf));
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
      if (remaining + addedSinceSweep < MIN_SWEEP_SIZE) return;
      startSweep();
      await runningSweep;
    },
  };
}
