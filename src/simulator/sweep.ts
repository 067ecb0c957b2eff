import { type Call, callAt, isOver } from '../domain/call.ts';
import type { Instant } from '../domain/time.ts';
import { expiryOf, type Token } from '../domain/token.ts';
import type { Change, Found, Store } from '../store/store.ts';
import { timesFor } from './decide.ts';
import { callIdOf, callRef, presenceRef, tokenRef, validationRef } from './refs.ts';

/** Of each client so many tokens and calls are remembered that have ended. */
const REMEMBERED = 1_000;
/** With fewer than these, nobody is in need of room. */
const FEW = 5_000;
const CHANGES_AT_ONCE = 500;

type TimeOf = ReturnType<typeof timesFor>;

/** Of `all`, oldest first, those that have ended and are too many of their client's. */
function tooMany<T extends { readonly value: { readonly clientId: string } }>(
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
      return before >= REMEMBERED;
    });
}

/**
 * Forgets what has ended long ago, so that a simulator that runs for weeks does not grow for weeks.
 *
 * @param onError told of what goes wrong: nobody waits for this
 */
export function sweeping(store: Store, onError: (error: unknown) => void) {
  let added = 0;
  let left = 0;
  let underWay: Promise<void> | undefined;

  const timesOf = (
    all: readonly { readonly value: { readonly clientId: string } }[],
    timeOf: TimeOf,
  ): Promise<Instant[]> => Promise.all(all.map(({ value }) => timeOf(value.clientId)));

  async function write(changes: readonly (readonly Change[])[]): Promise<void> {
    for (let first = 0; first < changes.length; first += CHANGES_AT_ONCE) {
      const some = changes.slice(first, first + CHANGES_AT_ONCE);
      // When one of them was changed meanwhile, each is tried by itself, and that one stays.
      if (!(await store.swap(...some.flat()))) for (const one of some) await store.swap(...one);
    }
  }

  /** A token that has expired is refused, remembered or not. */
  async function sweepTokens(timeOf: TimeOf): Promise<Map<string, Token>> {
    const all = await store.list('token');
    const times = await timesOf(all, timeOf);
    const ended = tooMany(
      all,
      all.map(({ value }, index) => expiryOf(value) <= (times[index] ?? 0)),
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

  /** The record of how many calls there were for a validation, where it says nothing else and this was the last. */
  async function countOf({ clientId, validationId, n }: Call): Promise<Change[]> {
    const ref = validationRef(clientId, validationId);
    const [validation] = (await store.read(ref)).found;
    if (validation === undefined || validation.value.calls !== n) return [];
    const { exists, confirmed, scenario } = validation.value;
    const saysMore = [exists, confirmed, scenario].some((one) => one !== undefined);
    return saysMore ? [] : [{ ref, version: validation.version, owner: clientId, value: null }];
  }

  /** By a call that has ended its tokens are known to be used up, as long as they would be good for another. */
  async function sweepCalls(tokens: ReadonlyMap<string, Token>, timeOf: TimeOf): Promise<number> {
    const all = await store.list('call');
    const times = await timesOf(all, timeOf);
    const ended = tooMany(
      all,
      all.map(({ value }, index) => {
        const now = times[index] as Instant;
        const isNeeded = value.tokens.some((id) => {
          const token = tokens.get(id);
          return token !== undefined && expiryOf(token) > now;
        });
        return !isNeeded && isOver(callAt(value, now).state);
      }),
    );
    const changes = async (one: Found<'call'>): Promise<Change[]> => {
      const presence = presenceRef(callIdOf(one.value));
      const [present] = (await store.read(presence)).found;
      const { clientId } = one.value;
      return [
        { ref: callRef(callIdOf(one.value)), version: one.version, owner: clientId, value: null },
        ...(present === undefined
          ? []
          : [{ ref: presence, version: present.version, owner: clientId, value: null } as const]),
        ...(await countOf(one.value)),
      ];
    };
    await write(await Promise.all(ended.map(changes)));
    return all.length - ended.length;
  }

  async function sweep(): Promise<void> {
    added = 0;
    const timeOf = timesFor(store);
    const tokens = await sweepTokens(timeOf);
    left = tokens.size + (await sweepCalls(tokens, timeOf));
  }

  const start = (): void => {
    underWay ??= sweep()
      .catch(onError)
      .finally(() => {
        underWay = undefined;
      });
  };

  return {
    /** A token or call was added. Looked at are all of them, so it is done when they may have doubled. */
    added(): void {
      added += 1;
      if (added >= Math.max(FEW, left)) start();
    },

    /** Time has been moved on, by which many may have ended at once. */
    async moved(): Promise<void> {
      if (left + added < FEW) return;
      start();
      await underWay;
    },
  };
}
