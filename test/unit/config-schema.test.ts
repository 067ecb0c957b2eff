import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import type { TObject } from 'typebox';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { STARTER_FILES } from '../../src/cli/starter-files.ts';
import { CONFIG, KEYS } from '../../src/options/config-file-schema.ts';
import { getRow } from '../../src/options/table.ts';

const FILE = path.join(import.meta.dirname, '../../fixtures/config.schema.json');

/** The schema that config files are checked against, with the `--help` text of each key. */
function createPublishedSchema() {
  const { properties, ...schema }: TObject = CONFIG.schema;
  const describedProperties = KEYS.map((name) => {
    const { help, default: defaultValue } = getRow(name);
    return [
      name,
      {
        ...properties[name],
        description: help,
        ...(defaultValue !== undefined && { default: defaultValue }),
      },
    ];
  });
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...schema,
    properties: { ...properties, ...Object.fromEntries(describedProperties) },
  };
}

describe('published config file schema', () => {
  // After changing an option, run: npx vitest run config-schema --update
  it('matches the schema generated from the table of options', async () => {
    await expect(`${JSON.stringify(createPublishedSchema(), null, 2)}\n`).toMatchFileSnapshot(FILE);
  });

  const getErrors = (text: string) => {
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
    'faults: [{ client_id: a, endpoint: token, status: 503, latency: [1s, 2s], times: 1 }]',
    'validations: [{ validation_id: v, exists: false, scenario: manual }]',
    'coverage-ignore: [{ situation: two-calls, reason: one call a day }]',
    'min-coverage: 20',
    'min-coverage: 80%',
    'admin-origin: [http://a:1]',
    '$schema: ./x.json',
    STARTER_FILES['mock-veridas.config.yaml'] ?? expect.unreachable(),
  ])('accepts the config file %s', (text) => {
    expect(getErrors(text)).toEqual([]);
  });

  it.each([
    'prot: 4010',
    'port: 70000',
    'strict-tokens: maybe',
    'config: x',
    'filter: x',
    'clients: [{ id: a, secret: b }]',
    'clients: [{ client_id: a }]',
    'clients: [{ client_id: a, client_secret: b, expires_in: 0 }]',
    'faults: [{ endpoint: tokens, status: 503 }]',
    'validations: [{ exists: true }]',
    'coverage-ignore: [{ situation: two-calls }]',
    'coverage-ignore: [{ situation: three-calls, reason: r }]',
    'min-coverage: [1]',
  ])('rejects the config file %s', (text) => {
    expect(getErrors(text)).not.toEqual([]);
  });
});
