import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Call } from '../../src/domain/call.ts';
import { createClientRecord } from '../../src/domain/client.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import { instant, ms } from '../../src/domain/time.ts';
import { createToken, type Token } from '../../src/domain/token.ts';
import { putRecord, requireUnchanged } from '../../src/simulator/decide.ts';
import {
  ALL_CLIENTS,
  callRef,
  clientRef,
  clockRef,
  counterRef,
  toCallId,
  tokenRef,
} from '../../src/simulator/refs.ts';
import type { LogEntry, Range, Ref, Store } from '../../src/store/store.ts';

const A = clientRef('a');
const B = clientRef('b');
/** Another record of the first client. */
const COUNTER = counterRef('a');
const ONE = { issued: 1 };
const client = (clientId: string, clientSecret = 'secret') => createClientRecord({ clientId, clientSecret });

const CALL: Call = {
  clientId: 'a',
  validationId: 'v',
  n: 1,
  tokens: ['t'],
  scenario: { name: 's', steps: [{ after: ms(1), agent: 'join' }] },
  openedAt: instant(1),
  closedUntil: instant(2),
  interventions: [{ at: instant(3), post: { type: 'info', code: 'Ωλ"', message: '' } }],
};

/** The fields that every token has, and the others. */
const TOKEN = {
  accessToken: 't',
  clientId: 'a',
  scope: 'read write',
  issuedAt: instant(1),
  expiresIn: 3_600,
  calls: [],
} as const satisfies Token;
const TOKEN_OPTIONS: Required<Omit<Token, keyof typeof TOKEN>> = {
  expiredAt: instant(2),
  revokedAt: instant(3),
};

/** The fields that every entry has, and the others. */
const ENTRY = {
  clientId: 'a',
  at: instant(1),
  receivedAt: instant(1),
  method: 'POST',
  path: '/o/token/',
  query: {},
  headers: {},
  from: '::1',
} as const satisfies JournalEntry;
const ENTRY_OPTIONS: Required<Omit<JournalEntry, keyof typeof ENTRY>> = {
  form: { scope: 'Ω' },
  status: 401,
  cause: 'secret',
  reason: 'the secret is another',
  fix: 'send the secret',
  validationId: 'v',
  isSuperseded: true,
  faultId: 'f',
};

/** A value with none of the options, with each, and with all. */
const vary = <T extends object, O extends object>(value: T, options: O): (T & Partial<O>)[] => [
  value,
  ...Object.entries(options).map(([field, option]) => ({ ...value, [field]: option })),
  { ...value, ...options },
];

/** Every entry of a store's journal, or of a part of it. */
export async function readEntries(store: Store, range?: Range): Promise<LogEntry<'journal'>[]> {
  const found: LogEntry<'journal'>[] = [];
  for await (const some of store.entries('journal', range)) found.push(...some);
  return found;
}

/** A promise, and what resolves it. */
export function createPending<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((one) => {
    resolve = one;
  });
  return { promise, resolve };
}

/** Tests what every store must do. `create` opens an empty store. */
export function storeSuite(name: string, create: () => Promise<Store>): void {
  describe(`store: ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await create();
    });
    afterEach(() => store.close());

    const read = async (ref: Ref<'client'>) => (await store.read(ref)).found[0];
    const add = (ref: Ref<'client'>) => store.swap(putRecord(ref, undefined, ref.id, client(ref.id)));

    it('finds no record that was not written', async () => {
      expect((await store.read(A, B)).found).toEqual([undefined, undefined]);
    });

    it('returns records in the requested order', async () => {
      await add(A);
      await add(B);
      const { found } = await store.read(B, A);
      expect(found.map((one) => one?.value)).toEqual([client('b'), client('a')]);
    });

    it('returns the real time with each read', async () => {
      const before = Date.now();
      const { realTime } = await store.read(A);
      expect(realTime).toBeGreaterThanOrEqual(before - 1000);
      expect(realTime).toBeLessThanOrEqual(Date.now() + 1000);
    });

    it('refuses to create a record that exists', async () => {
      await add(A);
      expect(await add(A)).toBe(false);
    });

    it('refuses a change based on an old version and keeps the newer value', async () => {
      await add(A);
      const old = await read(A);
      await store.swap(putRecord(A, old, 'a', client('a', 'newer')));
      expect(await store.swap(putRecord(A, old, 'a', client('a', 'too late')))).toBe(false);
      expect((await read(A))?.value.clientSecret).toBe('newer');
    });

    it('writes all changes of a swap or none', async () => {
      await add(A);
      expect(
        await store.swap(putRecord(COUNTER, undefined, 'a', ONE), putRecord(A, undefined, 'a', client('a'))),
      ).toBe(false);
      expect((await store.read(COUNTER)).found).toEqual([undefined]);
    });

    it('refuses a swap when a record that it requires unchanged has changed', async () => {
      await add(A);
      const old = await read(A);
      await store.swap(putRecord(A, old, 'a', client('a', 'newer')));
      expect(await store.swap(requireUnchanged(A, old, 'a'), putRecord(COUNTER, undefined, 'a', ONE))).toBe(
        false,
      );
      expect((await store.read(COUNTER)).found).toEqual([undefined]);
    });

    it('does not change a record that a swap requires unchanged', async () => {
      await add(A);
      const before = await read(A);
      expect(
        await store.swap(requireUnchanged(A, before, 'a'), putRecord(COUNTER, undefined, 'a', ONE)),
      ).toBe(true);
      expect(await read(A)).toEqual(before);
    });

    it('deletes a record and refuses its old version after it is created again', async () => {
      await add(A);
      const old = await read(A);
      await store.swap({ ref: A, version: old?.version ?? 0, owner: 'a', value: null });
      expect(await read(A)).toBeUndefined();
      await add(A);
      expect(await store.swap(putRecord(A, old, 'a', client('a', 'too late')))).toBe(false);
    });

    it('accepts exactly one of many concurrent changes', async () => {
      await add(A);
      const old = await read(A);
      const tries = Array.from({ length: 20 }, (_, i) =>
        store.swap(putRecord(A, old, 'a', client('a', `${i}`))),
      );
      expect((await Promise.all(tries)).filter(Boolean)).toHaveLength(1);
    });

    it('reads a record twice in one call, and reads an empty list of records', async () => {
      await add(A);
      const { found } = await store.read(A, A);
      expect(found.map((one) => one?.value.clientId)).toEqual(['a', 'a']);
      expect((await store.read()).found).toEqual([]);
    });

    it('returns a value with all its fields', async () => {
      const ref = callRef(toCallId(CALL));
      await store.swap(putRecord(ref, undefined, 'a', CALL));
      expect((await store.read(ref)).found[0]?.value).toEqual(CALL);
    });

    it('returns a token with all its fields, whichever it has', async () => {
      const tokens: Token[] = [
        ...vary(TOKEN, TOKEN_OPTIONS),
        ...vary({ ...TOKEN, calls: ['c', 'd'] }, TOKEN_OPTIONS),
      ];
      for (const [n, token] of tokens.entries()) {
        const value = { ...token, accessToken: `t${n}` };
        await store.swap(putRecord(tokenRef(value.accessToken), undefined, 'a', value));
      }
      const expected = tokens.map((token, n) => ({ ...token, accessToken: `t${n}` }));
      const { found } = await store.read(...expected.map(({ accessToken }) => tokenRef(accessToken)));
      expect(found.map((one) => one?.value)).toEqual(expected);
      expect((await store.list('token', 'a')).map(({ value }) => value)).toEqual(expected);
    });

    it('lists the records of a kind in order of creation, and optionally of one owner', async () => {
      await add(B);
      await add(A);
      await store.swap(putRecord(B, await read(B), 'b', client('b', 'newer')));
      expect((await store.list('client')).map(({ value }) => value.clientId)).toEqual(['b', 'a']);
      expect((await store.list('client', 'a')).map(({ value }) => value.clientId)).toEqual(['a']);
      expect(await store.list('token')).toEqual([]);
    });

    const addTokens = async (...owners: readonly string[]) => {
      for (const [n, owner] of owners.entries()) {
        const token = createToken(`t${n}`, client(owner), 'read', instant(n));
        await store.swap(putRecord(tokenRef(token.accessToken), undefined, owner, token));
      }
    };
    const pageOf = async (limit: number, range?: Range) =>
      (await store.page('token', limit, range)).map(({ value }) => value.accessToken);

    it('pages through the records of all owners in the order of creation, and of one', async () => {
      await addTokens('b', 'a', 'b', 'ab', 'a', 'b');
      const first = await store.page('token', 4);
      expect(first.map(({ value }) => value.accessToken)).toEqual(['t0', 't1', 't2', 't3']);
      expect(await pageOf(4, { after: first.at(-1)?.born })).toEqual(['t4', 't5']);
      expect(await pageOf(2, { owner: 'b' })).toEqual(['t0', 't2']);
      expect(await pageOf(2, { owner: 'b', after: first[2]?.born })).toEqual(['t5']);
      expect(await pageOf(4, { after: 1 })).toEqual(
        first[0]?.born === 1 ? ['t1', 't2', 't3', 't4'] : ['t0', 't1', 't2', 't3'],
      );
      expect(await pageOf(4, { owner: 'c' })).toEqual([]);
    });

    it('pages through the newest records first', async () => {
      await addTokens('b', 'a', 'b', 'a');
      expect(await pageOf(3, { newestFirst: true })).toEqual(['t3', 't2', 't1']);
      expect(await pageOf(3, { owner: 'b', newestFirst: true })).toEqual(['t2', 't0']);
    });

    it('keeps the place of a record that is changed', async () => {
      await addTokens('a', 'a');
      const [first] = await store.page('token', 1);
      if (first === undefined) throw new Error('there is no token');
      await store.swap(putRecord(tokenRef('t0'), first, 'a', { ...first.value, revokedAt: instant(1) }));
      expect((await store.page('token', 1))[0]?.born).toBe(first.born);
      expect(await pageOf(2)).toEqual(['t0', 't1']);
    });

    it('counts records and entries, of all owners and of one', async () => {
      await addTokens('b', 'a', 'b');
      await append('a', '1');
      for (let n = 0; n < 5; n += 1) await append('b', `${n}`, 3);
      expect([await store.count('token'), await store.count('token', 'b')]).toEqual([3, 2]);
      expect([await store.count('journal'), await store.count('journal', 'b')]).toEqual([4, 3]);
      expect([await store.count('call'), await store.count('journal', 'c')]).toEqual([0, 0]);
    });

    it('clears the given kinds of one owner and nothing else', async () => {
      await add(A);
      await add(B);
      await store.clear(['client'], 'a');
      expect((await store.list('client')).map(({ value }) => value.clientId)).toEqual(['b']);
      await store.clear(['token']);
      expect(await read(B)).toBeDefined();
    });

    it('refuses a change to a record that has been cleared since', async () => {
      await add(A);
      const old = await read(A);
      await store.clear(['client']);
      expect(await store.swap(putRecord(A, old, 'a', client('a', 'too late')))).toBe(false);
    });

    it('notifies of every change once the whole swap can be read', async () => {
      const seen: Promise<boolean>[] = [];
      const isWhole = async () => (await store.read(A, COUNTER)).found.every((one) => one !== undefined);
      const { promise: notified, resolve } = createPending<void>();
      await store.watch((changed) => {
        seen.push(isWhole());
        if (changed?.kind === 'counter') resolve();
      });
      await store.swap(putRecord(A, undefined, 'a', client('a')), putRecord(COUNTER, undefined, 'a', ONE));
      await notified;
      expect(new Set(await Promise.all(seen))).toEqual(new Set([true]));
    });

    it('notifies of cleared records once all of them are gone', async () => {
      await add(A);
      await store.swap(putRecord(COUNTER, undefined, 'a', ONE));
      const { promise: left, resolve } = createPending<number>();
      await store.watch(async () => resolve((await store.read(A, COUNTER)).found.filter(Boolean).length));
      await store.clear(['client', 'counter']);
      expect(await left).toBe(0);
    });

    it('notifies of a cleared record', async () => {
      await add(A);
      const { promise: notified, resolve } = createPending<unknown>();
      await store.watch(resolve);
      await store.clear(['client'], 'a');
      expect(await notified).toEqual(A);
    });

    const entry = (owner: string, path: string): JournalEntry => ({
      clientId: owner,
      at: instant(1),
      receivedAt: instant(2),
      method: 'POST',
      path,
      query: {},
      headers: { host: 'Ω' },
      from: '::1',
    });
    const append = (owner: string, path: string, limit = 10) =>
      store.swap({ log: 'journal', owner, value: entry(owner, path), maxEntries: limit });
    const paths = async (owner?: string, after?: number) =>
      (await readEntries(store, { owner, after })).map(({ value }) => value.path);

    it('keeps log entries in the order of writing, for all clients and for each', async () => {
      await append('a', '1');
      await append('b', '2');
      await append('a', '3');
      expect(await paths()).toEqual(['1', '2', '3']);
      expect(await paths('a')).toEqual(['1', '3']);
      expect(await paths('c')).toEqual([]);
    });

    it('returns a log entry with all its fields', async () => {
      await append('a', '1');
      expect((await readEntries(store))[0]?.value).toEqual(entry('a', '1'));
    });

    it('returns a log entry with all its fields, whichever it has', async () => {
      const entries: JournalEntry[] = [
        ...vary(ENTRY, ENTRY_OPTIONS),
        ...vary({ ...ENTRY, clientId: '', receivedAt: instant(2), query: { a: 'b' } }, ENTRY_OPTIONS),
      ];
      for (const value of entries) await store.swap({ log: 'journal', owner: 'a', value, maxEntries: 100 });
      expect((await readEntries(store, { owner: 'a' })).map(({ value }) => value)).toEqual(entries);
    });

    it('numbers log entries upwards and returns those after an id', async () => {
      for (const path of ['1', '2', '3']) await append(path === '2' ? 'b' : 'a', path);
      const ids = (await readEntries(store)).map(({ id }) => id);
      expect(ids).toEqual([...new Set(ids)].sort((x, y) => x - y));
      expect(await paths(undefined, ids[0])).toEqual(['2', '3']);
      expect(await paths('a', ids[0])).toEqual(['3']);
      expect(await paths('a', ids[2])).toEqual([]);
    });

    it('returns log entries newest first', async () => {
      for (const path of ['1', '2', '3']) await append(path === '2' ? 'b' : 'a', path);
      const ids = (await readEntries(store)).map(({ id }) => id);
      expect((await readEntries(store, { newestFirst: true })).map(({ id }) => id)).toEqual(ids.toReversed());
      const own = await readEntries(store, { owner: 'a', newestFirst: true, after: ids[0] });
      expect(own.map(({ value }) => value.path)).toEqual(['3']);
    });

    it('drops the oldest log entries of a client and none of another', async () => {
      await append('b', 'kept', 2);
      for (let i = 1; i <= 150; i += 1) await append('a', `${i}`, 2);
      expect(await paths()).toEqual(['kept', '149', '150']);
    });

    it('keeps no entry of a log with size 0', async () => {
      await append('a', '1', 0);
      expect(await paths()).toEqual([]);
    });

    it('clears the log entries of one client and continues the numbering', async () => {
      await append('a', '1');
      await append('b', '2');
      const before = (await readEntries(store)).at(-1)?.id ?? 0;
      await store.clear(['journal'], 'a');
      expect(await paths()).toEqual(['2']);
      await store.clear(['journal']);
      await append('a', '3');
      expect(await paths(undefined, before)).toEqual(['3']);
    });

    it('notifies of a new log entry', async () => {
      const { promise: notified, resolve } = createPending<unknown>();
      await store.watch(resolve);
      await append('a', '1');
      expect(await notified).toEqual({ kind: 'journal', id: 'a' });
    });

    it('stops notifying a watcher that has unsubscribed', async () => {
      let notifications = 0;
      const { promise: last, resolve } = createPending<void>();
      const stop = await store.watch(() => {
        notifications += 1;
      });
      stop();
      await store.watch(() => resolve());
      await add(A);
      await last;
      expect(notifications).toBe(0);
    });

    it('notifies a watcher of one client of its changes and of those of all clients, and of no others', async () => {
      const seen: unknown[] = [];
      const { promise: last, resolve } = createPending<void>();
      await store.watch((changed) => {
        seen.push(changed);
        if (changed?.kind === 'journal') resolve();
      }, 'a');
      await add(B);
      await add(A);
      await store.swap(putRecord(clockRef(ALL_CLIENTS), undefined, ALL_CLIENTS, { offset: ms(1) }));
      await append('b', '1');
      await append('a', '2');
      await last;
      expect(seen).toEqual([A, clockRef(ALL_CLIENTS), { kind: 'journal', id: 'a' }]);
    });

    it('appends an entry with the changes of a swap, or neither', async () => {
      const addition = { log: 'journal', owner: 'a', value: entry('a', '1'), maxEntries: 10 } as const;
      const putClient = putRecord(A, undefined, 'a', client('a'));
      expect(await store.swap(putClient, addition)).toBe(true);
      expect(await store.swap(putClient, addition)).toBe(false);
      expect(await paths()).toEqual(['1']);
    });

    it('reads what is of all clients together with the records of each', async () => {
      const everyones = clockRef(ALL_CLIENTS);
      await store.swap(putRecord(everyones, undefined, ALL_CLIENTS, { offset: ms(1) }));
      for (const id of ['a', 'b', 'c', 'd', 'e', 'f']) {
        const { found } = await store.read(clockRef(id), everyones);
        expect([found[0], found[1]?.value]).toEqual([undefined, { offset: ms(1) }]);
      }
      const [old] = (await store.read(everyones)).found;
      const change = putRecord(everyones, old, ALL_CLIENTS, { offset: ms(2) });
      expect([await store.swap(change), await store.swap(change)]).toEqual([true, false]);
      for (const id of ['a', 'b', 'c'])
        expect((await store.read(clockRef(id), everyones)).found[1]?.value).toEqual({ offset: ms(2) });
      await store.clear(['clock']);
      for (const id of ['a', 'b', 'c'])
        expect((await store.read(clockRef(id), everyones)).found).toEqual([undefined, undefined]);
      expect(await store.list('clock')).toEqual([]);
    });

    it('lets no two clients have the same token, whatever its text', async () => {
      const put = (owner: string, text: string) =>
        store.swap(
          putRecord(tokenRef(text), undefined, owner, createToken(text, client(owner), 'read', instant(1))),
        );
      for (const text of ['named', 'A'.repeat(30), 'eyJ.eyJ.x', '']) {
        const tries = await Promise.all(['a', 'b', 'c', 'd'].map((owner) => put(owner, text)));
        const won = ['a', 'b', 'c', 'd'].filter((_, index) => tries[index]);
        expect(won.length).toBeLessThanOrEqual(1);
        if (won.length === 0) expect(await put('a', text)).toBe(true);
        const [record] = (await store.read(tokenRef(text))).found;
        expect(record?.value.clientId).toBe(won[0] ?? 'a');
        expect(await put('e', text)).toBe(false);
        await store.clear(['token']);
        expect((await store.read(tokenRef(text))).found).toEqual([undefined]);
        expect(await put('e', text)).toBe(true);
        await store.clear(['token'], 'e');
      }
    });
  });
}
