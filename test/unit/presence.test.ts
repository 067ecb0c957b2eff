import { describe, expect, it } from 'vitest';
import {
  addPage,
  extendStream,
  getOpenPages,
  LEASE_MS,
  NO_PRESENCE,
  openStream,
  type Presence,
  RELOAD_OVERLAP_MS,
  refuseSharedPage,
} from '../../src/domain/presence.ts';
import { type Instant, instant } from '../../src/domain/time.ts';

const at = (offset: number): Instant => instant(1_000_000 + offset);

/** Pages that were served at once, with these tokens. */
const served = (tokens: Record<string, string>): Presence =>
  Object.entries(tokens).reduce(
    (presence, [page, token]) => addPage(presence, page, token, at(0)),
    NO_PRESENCE,
  );

describe('a page', () => {
  it('is not open before it listens', () => {
    expect(getOpenPages(served({ a: 't' }), at(0))).toEqual([]);
  });

  it('is open while its stream gives signs of life, and not for ever without', () => {
    const open = openStream(served({ a: 't' }), 'a', 's1', at(0));
    expect(getOpenPages(open, at(LEASE_MS - 1))).toEqual(['a']);
    expect(getOpenPages(open, at(LEASE_MS))).toEqual([]);
  });

  it('stays open when an old stream of it closes after the new one has opened', () => {
    const first = openStream(served({ a: 't' }), 'a', 's1', at(0));
    const second = openStream(first, 'a', 's2', at(10));
    expect(getOpenPages(extendStream(second, 'a', 's1', at(20)), at(30))).toEqual(['a']);
    expect(getOpenPages(extendStream(second, 'a', 's2', at(20)), at(30))).toEqual([]);
  });

  it('that nobody remembers cannot be opened', () => {
    expect(openStream(NO_PRESENCE, 'stranger', 's', at(0))).toBe(NO_PRESENCE);
  });

  it('is forgotten when a hundred others have come', () => {
    const pages = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`page-${i}`, 't']));
    expect(Object.keys(served(pages).pages)).toEqual(Object.keys(pages).slice(1));
  });
});

describe('two pages with one token', () => {
  const both = openStream(openStream(served({ a: 't', b: 't' }), 'a', 's1', at(0)), 'b', 's2', at(1));

  it('are one too many: the later is refused, and only the later', () => {
    expect(refuseSharedPage(both, 'b', at(1 + RELOAD_OVERLAP_MS)).pages.b?.refused).toBe(true);
    expect(refuseSharedPage(both, 'a', at(1 + RELOAD_OVERLAP_MS)).pages.a?.refused).toBeUndefined();
  });

  it('are fine when the earlier has gone', () => {
    const reloaded = extendStream(both, 'a', 's1', at(2));
    expect(refuseSharedPage(reloaded, 'b', at(1 + RELOAD_OVERLAP_MS))).toBe(reloaded);
  });

  it('are fine with a token each', () => {
    const apart = openStream(openStream(served({ a: 't', b: 'u' }), 'a', 's1', at(0)), 'b', 's2', at(1));
    expect(refuseSharedPage(apart, 'b', at(1 + RELOAD_OVERLAP_MS))).toBe(apart);
  });
});
