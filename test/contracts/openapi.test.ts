import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { createClientRecord } from '../../src/domain/client.ts';
import { type Mock, startMock } from '../../src/library/index.ts';
import {
  type ApiValidator,
  explainMissingValidator,
  getValidatorCommand,
  getValidatorFolder,
} from '../support/api-validators.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd } = useWorkingDirectory();

const FOLDER = path.join(import.meta.dirname, '../../contracts');
const FILE = path.join(FOLDER, 'openapi.yaml');
const PACTS = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));

/** Runs a validator, and returns what it prints; rejects when it finds an error. */
async function validate(validator: Exclude<ApiValidator, 'swagger-parser'>, args: readonly string[]) {
  const env = { PATH: path.dirname(process.execPath), HOME: cwd(), REDOCLY_TELEMETRY: 'off' };
  const { stdout } = await promisify(execFile)(process.execPath, [getValidatorCommand(validator), ...args], {
    cwd: cwd(),
    env,
  });
  return stdout;
}

/** The paths of the service end with a slash, and some of its operations only refuse. */
const REDOCLY_EXCEPTIONS = ['no-path-trailing-slash', 'operation-2xx-response'];
const SPECTRAL_EXCEPTIONS = ['path-keys-no-trailing-slash', 'operation-success-response'];

const titleOf = (validator: ApiValidator) => {
  const missing = explainMissingValidator(validator);
  return `is valid in ${validator}${missing === undefined ? '' : ` (skipped: ${missing})`}`;
};

describe('openapi.yaml', () => {
  it.skipIf(explainMissingValidator('redocly'))(titleOf('redocly'), async () => {
    const skipped = REDOCLY_EXCEPTIONS.map((rule) => `--skip-rule=${rule}`);
    const printed = await validate('redocly', ['lint', FILE, '--format=json', ...skipped]);
    expect(JSON.parse(printed).totals).toEqual({ errors: 0, warnings: 0, ignored: 0 });
  });

  it.skipIf(explainMissingValidator('spectral'))(titleOf('spectral'), async () => {
    const rules = Object.fromEntries(SPECTRAL_EXCEPTIONS.map((rule) => [rule, 'off']));
    const ruleset = path.join(cwd(), 'ruleset.json');
    writeFileSync(ruleset, JSON.stringify({ extends: ['spectral:oas'], rules }));
    const flags = ['--fail-severity=hint', '--format=json', '--quiet'];
    expect(JSON.parse(await validate('spectral', ['lint', FILE, '-r', ruleset, ...flags]))).toEqual([]);
  });

  it.skipIf(explainMissingValidator('swagger-parser'))(titleOf('swagger-parser'), async () => {
    const folder = getValidatorFolder('swagger-parser');
    const { main } = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const { default: SwaggerParser } = await import(String(pathToFileURL(path.join(folder, main))));
    await expect(SwaggerParser.validate(FILE)).resolves.toMatchObject({ openapi: '3.0.3' });
  });

  it.skipIf(explainMissingValidator('swagger-mock-validator'))(
    `${titleOf('swagger-mock-validator')}, and so is every contract`,
    async () => {
      for (const pact of PACTS) {
        const printed = await validate('swagger-mock-validator', [FILE, path.join(FOLDER, pact)]);
        expect(printed, pact).toContain('0 error(s)');
      }
    },
  );
});

interface Schema {
  readonly type: string;
  readonly enum?: readonly string[];
  readonly example?: string;
  readonly maxLength?: number;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
}
interface Operation {
  readonly parameters?: readonly {
    readonly name: string;
    readonly example: string;
    readonly schema: Schema;
  }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: Schema }>> };
  readonly security: readonly object[];
  readonly responses: Readonly<
    Record<string, { readonly content?: Readonly<Record<string, { readonly schema: object }>> }>
  >;
}

const { paths }: { paths: Record<string, Record<string, Operation>> } = parse(readFileSync(FILE, 'utf8'));
const OPERATIONS = Object.entries(paths).flatMap(([url, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ url, method: method.toUpperCase(), operation })),
);

/** A text that the schema allows: often its example, otherwise anything. */
function createText({ enum: values, example, maxLength = 50 }: Schema): fc.Arbitrary<string> {
  if (values !== undefined) return fc.constantFrom(...values);
  return fc.oneof(fc.constant(example ?? ''), fc.string({ maxLength, unit: 'binary' }));
}

const createFields = ({ properties = {}, required = [] }: Schema): fc.Arbitrary<Record<string, string>> =>
  fc.record(
    Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, createText(schema)])),
    { requiredKeys: [...required] },
  ) as fc.Arbitrary<Record<string, string>>;

const createRequest = ({ url, method, operation }: (typeof OPERATIONS)[number]) => {
  const { parameters = [], requestBody, security } = operation;
  const query = createFields({
    type: 'object',
    properties: Object.fromEntries(
      parameters.map(({ name, example, schema }) => [name, { ...schema, example }]),
    ),
  });
  const bodies = Object.entries(requestBody?.content ?? {}).map(([type, { schema }]) =>
    fc.record({ type: fc.constant(type), fields: createFields(schema) }),
  );
  const basic = security.some((one) => 'basic' in one)
    ? fc.option(fc.oneof(fc.constant('CLIENT_ID:CLIENT_SECRET'), fc.string()), { nil: undefined })
    : fc.constant(undefined);
  return fc.record({
    url: fc.constant(url),
    method: fc.constant(method),
    operation: fc.constant(operation),
    query,
    body: bodies.length === 0 ? fc.constant(undefined) : fc.oneof(...bodies),
    basic,
  });
};

function createBody({ type, fields }: { type: string; fields: Record<string, string> }) {
  if (type !== 'multipart/form-data') return new URLSearchParams(fields);
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
}

describe('the simulator', () => {
  let mock: Mock;
  beforeAll(async () => {
    const client = createClientRecord({ clientId: 'CLIENT_ID', clientSecret: 'CLIENT_SECRET' });
    mock = await startMock({ clients: [client], logLevel: 'silent' });
  });
  afterAll(() => mock.close());

  it('answers 1,000 generated requests as openapi.yaml declares', async () => {
    const ajv = new Ajv({ strict: false });
    const seen = new Set<string>();
    const anyRequest = fc.oneof(...OPERATIONS.map(createRequest));
    await fc.assert(
      fc.asyncProperty(anyRequest, async ({ url, method, operation, query, body, basic }) => {
        const answer = await fetch(`${mock.url}${url}?${new URLSearchParams(query)}`, {
          method,
          ...(body !== undefined && { body: createBody(body) }),
          headers:
            basic === undefined ? {} : { authorization: `Basic ${Buffer.from(basic).toString('base64')}` },
        });
        const text = await answer.text();
        const what = `${method} ${url} ${answer.status}`;
        const declared = operation.responses[answer.status];
        expect(declared, `${what}: ${text.slice(0, 200)}`).toBeDefined();
        const [type = ''] = (answer.headers.get('content-type') ?? '').split(';');
        const content = declared?.content?.[type];
        if (declared?.content !== undefined) expect(content, `${what} ${type}`).toBeDefined();
        else expect(text, what).toBe('');
        if (type === 'application/json')
          expect(ajv.validate(content?.schema ?? {}, JSON.parse(text)), `${what}: ${text}`).toBe(true);
        seen.add(what);
      }),
      { numRuns: 1_000 },
    );
    for (const what of [
      'POST /o/token/ 200',
      'POST /o/token/ 401',
      'POST /o/revoke_token/ 200',
      'GET /call 403',
    ])
      expect([...seen]).toContain(what);
  });
});
