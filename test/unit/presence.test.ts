import { describe, expect, it } from 'vitest';
import {
  LEASE,
  NOBODY,
  OVERLAP,
  openPages,
  type Presence,
  pageServed,
  refusedIfShared,
  streamOpened,
  streamOpenUntil,
} from '../../src/domain/presence.ts';
import { type Instant, instant } from '../../src/domain/time.ts';

const at = (offset: number): Instant => instant(1_000_000 + offset);

/** Pages that were served at once, with these tokens. */
const served = (tokens: Record<string, string>): Presence =>
  Object.entries(tokens).reduce(
    (presence, [page, token]) => pageServed(presence, page, token, at(0)),
    NOBODY,
  );

describe('a page', () => {
  it('is not open before it listens', () => {
    expect(openPages(served({ a: 't' }), at(0))).toEqual([]);
  });

  it('is open while its stream gives signs of life, and not for ever without', () => {
    const open = streamOpened(served({ a: 't' }), 'a', 's1', at(0));
    expect(openPages(open, at(LEASE - 1))).toEqual(['a']);
    expect(openPages(open, at(LEASE))).toEqual([]);
  });

  it('stays open when an old stream of it closes after the new one has opened', () => {
    const first = streamOpened(served({ a: 't' }), 'a', 's1', at(0));
    const second = streamOpened(first, 'a', 's2', at(10));
    expect(openPages(streamOpenUntil(second, 'a', 's1', at(20)), at(30))).toEqual(['a']);
    expect(openPages(streamOpenUntil(second, 'a', 's2', at(20)), at(30))).toEqual([]);
  });

  it('that nobody remembers cannot be opened', () => {
    expect(streamOpened(NOBODY, 'stranger', 's', at(0))).toBe(NOBODY);
  });

  it('is forgotten when a hundred others have come', () => {
    const pages = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`page-${i}`, 't']));
    expect(Object.keys(served(pages).pages)).toEqual(Object.keys(pages).slice(1));
  });
});

describe('two pages with one token', () => {
  const both = streamOpened(streamOpened(served({ a: 't', b: 't' }), 'a', 's1', at(0)), 'b', 's2', at(1));

  it('are one too many: the later is refused, and only the later', () => {
    expect(refusedIfShared(both, 'b', at(1 + OVERLAP)).pages.b?.refused).toBe(true);
    expect(refusedIfShared(both, 'a', at(1 + OVERLAP)).pages.a?.refused).toBeUndefined();
  });

  it('are fine when the earlier has gone', () => {
    const reloaded = streamOpenUntil(both, 'a', 's1', at(2));
    expect(refusedIfShared(reloaded, 'b', at(1 + OVERLAP))).toBe(reloaded);
  });

  it('are fine with a token each', () => {
    const apart = streamOpened(streamOpened(served({ a: 't', b: 'u' }), 'a', 's1', at(0)), 'b', 's2', at(1));
    expect(refusedIfShared(apart, 'b', at(1 + OVERLAP))).toBe(apart);
  });
});
