import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { TSchema } from 'typebox';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { SCENARIO } from '../../src/control/schema/scenario-format.ts';
import { atLeast } from '../support/at-least.ts';

const FIXTURES = path.join(import.meta.dirname, '../../fixtures');
const FOLDER = path.join(FIXTURES, 'scenarios');

describe('published scenario file schema', () => {
  // After changing the format, run: npx vitest run schema --update
  it('matches the schema that scenario files are checked against', async () => {
    const published = { $schema: 'http://json-schema.org/draft-07/schema#', ...SCENARIO.schema };
    await expect(`${JSON.stringify(published, null, 2)}\n`).toMatchFileSnapshot(
      path.join(FIXTURES, 'scenario.schema.json'),
    );
  });

  const check = (scenario: unknown) =>
    Value.Check(
      JSON.parse(readFileSync(path.join(FIXTURES, 'scenario.schema.json'), 'utf8')) as TSchema,
      scenario,
    );

  it.each(atLeast(16, readdirSync(FOLDER)))(
    'accepts %s, whose first line points editors to the schema',
    (file) => {
      const text = readFileSync(path.join(FOLDER, file), 'utf8');
      expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=../scenario.schema.json');
      expect(check(parse(text))).toBe(true);
    },
  );

  it.each([
    { name: 'x', steps: [{ after: '1s' }] },
    { name: 'x', steps: [{ after: '-1s', agent: 'join' }] },
    { name: 'x', steps: [{ after: '1s', agent: 'dance' }] },
    { name: 'x', steps: [{ after: '1s', agent: 'join', delivery: 'pigeon' }] },
    { name: 'x', steps: [{ wait_for: 'Agent join' }] },
    { name: 'x', steps: [], more: true },
  ])('rejects the scenario %j', (scenario) => {
    expect(check(scenario)).toBe(false);
  });
});
