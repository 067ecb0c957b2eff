import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Errors } from 'typebox/value';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { check, type Mismatch } from '../../src/control/schema/mismatch.ts';
import { describeOperation, TAGS } from '../../src/control/schema/operations.ts';
import { createBodySchema, createQuerySchema, type Route } from '../../src/control/schema/route.ts';
import { ROUTES } from '../../src/control/schema/routes.ts';
import { BLOCKS, getProgram, type PROGRAMS } from '../support/docs.ts';
import { type Drive, type Json, openDrive } from '../support/drive.ts';
import { explainMissingGenerators, OPENAPI_GENERATORS } from '../support/openapi-generators.ts';

const execute = promisify(execFile);

let d: Drive;
beforeAll(async () => {
  d = await openDrive();
});
afterAll(() => d.mock.close());

describe('the description of the control API', () => {
  const routes: [string, Route][] = Object.entries(ROUTES);
  const readOperations = async (): Promise<Json[]> => {
    const { paths } = (await d.admin('GET', '/openapi.json')).json;
    return Object.values(paths as Json).flatMap((methods) => Object.values(methods as Json));
  };

  it('has an operationId of its own and one declared tag for each route', async () => {
    const operations = await readOperations();
    expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(routes.length);
    for (const { operationId, tags } of operations) {
      expect(operationId).toMatch(/^[a-z][A-Za-z]+$/);
      expect(Object.keys(TAGS)).toEqual(expect.arrayContaining(tags));
      expect(tags).toHaveLength(1);
    }
    const declared = (await d.admin('GET', '/openapi.json')).json.tags.map(({ name }: Json) => name);
    expect(declared).toEqual(Object.keys(TAGS));
  });

  it.each(routes)('has examples for %s that fit their schemas', (name, route) => {
    const { example = {}, answer } = describeOperation(name);
    const names = [...name.matchAll(/:(\w+)/g)].map(([, parameter = '']) => parameter);
    expect(Object.keys(example.parameters ?? {})).toEqual(names);
    const beyond = () => [];
    expect(check({ schema: createQuerySchema(route), beyond }, example.query ?? {})).toEqual([]);
    const body = createBodySchema(name, route);
    const rule = (route.beyond ?? beyond) as () => Mismatch[];
    if (body !== undefined) expect(check({ schema: body, beyond: rule }, example.body ?? {})).toEqual([]);
    expect(route.answer === undefined ? [] : Errors(route.answer, answer)).toEqual([]);
    const shown = [example.parameters, example.query, example.body, answer];
    expect(shown.some((part) => part !== undefined)).toBe(true);
  });

  it('gives every enum a type and every map the schema of its values, as generators want', async () => {
    const { json } = await d.admin('GET', '/openapi.json');
    const problems: Json[] = [];
    JSON.stringify(json, (_, part) => {
      if (part?.patternProperties !== undefined || (Array.isArray(part?.enum) && part.type !== 'string'))
        problems.push(part);
      return part;
    });
    expect(problems).toEqual([]);
  });
});

const why = explainMissingGenerators();

describe.skipIf(why)(`clients generated from it${why ? ` (skipped: ${why})` : ''}`, () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-generated-'));
    symlinkSync(path.join(OPENAPI_GENERATORS, 'node_modules'), path.join(folder, 'node_modules'));
    writeFileSync(path.join(folder, 'package.json'), '{ "private": true, "type": "module" }');
    // Of Node's types the programs need only this.
    const environment =
      'declare const process: { readonly env: Readonly<Record<string, string | undefined>> };';
    writeFileSync(path.join(folder, 'environment.d.ts'), environment);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = async (command: string): Promise<string> => {
    // biome-ignore lint/style/noProcessEnv: the programs need PATH and HOME
    const env = { ...process.env, VIDEOCALL_ADMIN_URL: d.mock.adminUrl };
    const { stdout } = await execute('bash', ['-e', '-c', command], { cwd: folder, env }).catch((error) => {
      throw new Error(`${command}: ${error.stdout}${error.stderr}`);
    });
    return stdout;
  };

  it.each<[string, (typeof PROGRAMS)[number]]>([
    ['npm install --save-dev openapi-typescript openapi-fetch', 'with-openapi-fetch.ts'],
    ['npm install --save-dev swagger-typescript-api', 'with-generated-api.ts'],
  ])('compile and work: %s', async (install, program) => {
    const { text = '' } = BLOCKS.find(({ name }) => name === install) ?? {};
    await run(
      text
        .replace(install, '')
        .replaceAll('http://127.0.0.1:4010/__admin', d.mock.adminUrl)
        .replace('npx ', 'npx --no-install '),
    );
    writeFileSync(path.join(folder, program), getProgram(program));
    const options =
      '--strict --target es2022 --module nodenext --rewriteRelativeImportExtensions --skipLibCheck';
    await run(`npx --no-install tsc ${options} environment.d.ts ${program}`);
    const output = await run(`node ${program.replace('.ts', '.js')}`);
    expect(output).toMatch(/^an hour later it is \d{4}-.*Z\nthere is no such call.*\n$/);
    expect((await d.admin('GET', '/clients')).json.total).toBe(1);
  });
});
