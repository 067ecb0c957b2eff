import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import type { TObject } from 'typebox';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { STARTER_FILES } from '../../src/cli/starter-files.ts';
import { CONFIG, KEYS } from '../../src/options/config-file-schema.ts';
import { rowOf } from '../../src/options/table.ts';

const FILE = path.join(import.meta.dirname, '../../fixtures/config.schema.json');

/** The schema by which config files are checked, with what `--help` says of each key. */
function published() {
  const { properties, ...schema }: TObject = CONFIG.schema;
  const described = KEYS.map((name) => {
    const { help, default: usual } = rowOf(name);
    return [name, { ...properties[name], description: help, ...(usual !== undefined && { default: usual }) }];
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...schema,
    properties: { ...properties, ...Object.fromEntries(described) },
  };
}

describe('the published schema of config files', () => {
  // After a change of an option: npx vitest run config-schema --update
  it('follows from the table of options', async () => {
    await expect(`${JSON.stringify(published(), null, 2)}\n`).toMatchFileSnapshot(FILE);
  });

  const faultsOf = (text: string) => {
    const ajv = new Ajv({ strict: false, allowUnionTypes: true });
    const schema = JSON.parse(readFileSync(FILE, 'utf8'));
    ajv.validate(schema, parse(text));
    return ajv.errors ?? [];
  };

  it.each([
    'port: 4010',
    'strict-tokens: yes',
    'watch: 0',
    'clients: [{ client_id: a, client_secret: b, allowed_ips: [10.0.0.0/8] }]',
    'admin-origin: [http://a:1]',
    '$schema: ./x.json',
    STARTER_FILES['mock-veridas.config.yaml'] ?? expect.unreachable(),
  ])('fits %s', (text) => {
    expect(faultsOf(text)).toEqual([]);
  });

  it.each([
    'prot: 4010',
    'port: 70000',
    'strict-tokens: maybe',
    'config: x',
    'filter: x',
    'clients: [{ id: a, secret: b }]',
    'clients: [{ client_id: a }]',
  ])('does not fit %s', (text) => {
    expect(faultsOf(text)).not.toEqual([]);
  });
});
