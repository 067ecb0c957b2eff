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

/** Pages served at the same instant, with these tokens. */
const servePages = (tokens: Record<string, string>): Presence =>
  Object.entries(tokens).reduce(
    (presence, [page, token]) => addPage(presence, { id: page }, token, at(0)),
    NO_PRESENCE,
  );

describe('page presence', () => {
  it('does not count a page as open before it opens a stream', () => {
    expect(getOpenPages(servePages({ a: 't' }), at(0))).toEqual([]);
  });

  it('counts a page as open until the lease of its stream expires', () => {
    const open = openStream(servePages({ a: 't' }), 'a', 's1', at(0));
    expect(getOpenPages(open, at(LEASE_MS - 1))).toEqual(['a']);
    expect(getOpenPages(open, at(LEASE_MS))).toEqual([]);
  });

  it('keeps a page open when its old stream closes after the new one has opened', () => {
    const first = openStream(servePages({ a: 't' }), 'a', 's1', at(0));
    const second = openStream(first, 'a', 's2', at(10));
    expect(getOpenPages(extendStream(second, 'a', 's1', at(20)), at(30))).toEqual(['a']);
    expect(getOpenPages(extendStream(second, 'a', 's2', at(20)), at(30))).toEqual([]);
  });

  it('ignores a stream of an unknown page', () => {
    expect(openStream(NO_PRESENCE, 'stranger', 's', at(0))).toBe(NO_PRESENCE);
  });

  it('forgets a page after a hundred newer ones', () => {
    const pages = Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`page-${i}`, 't']));
    expect(Object.keys(servePages(pages).pages)).toEqual(Object.keys(pages).slice(1));
  });
});

describe('pages that share a token', () => {
  const both = openStream(openStream(servePages({ a: 't', b: 't' }), 'a', 's1', at(0)), 'b', 's2', at(1));

  it('refuses only the later of two pages with one token', () => {
    expect(refuseSharedPage(both, 'b', at(1 + RELOAD_OVERLAP_MS)).pages.b?.refused).toBe(true);
    expect(refuseSharedPage(both, 'a', at(1 + RELOAD_OVERLAP_MS)).pages.a?.refused).toBeUndefined();
  });

  it('refuses one of two pages with one token that opened in the same millisecond', () => {
    const twins = openStream(openStream(servePages({ a: 't', b: 't' }), 'b', 's1', at(0)), 'a', 's2', at(0));
    const refused = ['a', 'b'].map((id) => refuseSharedPage(twins, id, at(1)).pages[id]?.refused);
    expect(refused).toEqual([undefined, true]);
  });

  it('does not refuse the later page when the earlier one has closed', () => {
    const reloaded = extendStream(both, 'a', 's1', at(2));
    expect(refuseSharedPage(reloaded, 'b', at(1 + RELOAD_OVERLAP_MS))).toBe(reloaded);
  });

  it('does not refuse a page with a token of its own', () => {
    const separate = openStream(
      openStream(servePages({ a: 't', b: 'u' }), 'a', 's1', at(0)),
      'b',
      's2',
      at(1),
    );
    expect(refuseSharedPage(separate, 'b', at(1 + RELOAD_OVERLAP_MS))).toBe(separate);
  });
});
