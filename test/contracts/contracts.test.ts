import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONTRACTS } from '../../contracts/source/contracts.ts';
import { findState } from '../../src/contracts/provider-states/table.ts';
import { atLeast } from '../support/at-least.ts';

const FOLDER = path.join(import.meta.dirname, '../../contracts');

interface Interaction {
  readonly key: string;
  readonly comments: { readonly text: readonly string[] };
  readonly providerStates: readonly { readonly name: string }[];
}

const interactions: Interaction[] = Object.entries(CONTRACTS)
  .filter(([name]) => name.endsWith('.json'))
  .flatMap(([, text]) => JSON.parse(text).interactions);

describe('contract files', () => {
  it('matches what the source generates (after a change run: npm run contracts)', () => {
    const names = readdirSync(FOLDER).filter((name) => /\.(json|yaml)$/.test(name));
    const written = Object.fromEntries(
      names.map((name) => [name, readFileSync(path.join(FOLDER, name), 'utf8')]),
    );
    expect(written).toEqual({ ...CONTRACTS });
  });

  it('gives each interaction a unique key', () => {
    const keys = interactions.map(({ key }) => key);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it.each(atLeast(40, interactions))('cites the guide for the interaction $key', ({ comments }) => {
    expect(comments.text.join()).toMatch(/\bguide\b/i);
  });

  it('uses only known provider states', () => {
    const names = interactions.flatMap(({ providerStates }) => providerStates.map(({ name }) => name));
    expect(names.filter((name) => findState(name) === undefined)).toEqual([]);
  });
});
