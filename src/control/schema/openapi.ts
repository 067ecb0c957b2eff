import type { TObject, TSchema } from 'typebox';
import { ERRORS } from './errors.ts';
import { isMap } from './mismatch.ts';
import { describeOperation, TAGS } from './operations.ts';
import {
  createBodySchema,
  createQuerySchema,
  ErrorAnswer,
  listErrors,
  type Route,
  type Routes,
} from './route.ts';

/** The OpenAPI 3.1 document of the control API, generated from the tables that also serve it. */

const JSON_TYPE = 'application/json';

const ERROR_DESCRIPTIONS: Readonly<Record<keyof typeof ERRORS, string>> = {
  not_json: 'The body is not JSON',
  unauthorized:
    'Basic credentials are required: other machines can reach the server, or a proxy forwarded the request',
  forbidden: 'The request is not from this machine, or is from a page of another origin',
  not_found: 'What the request names does not exist',
  timeout: 'It did not happen before the timeout',
  conflict: 'Not possible in the present state',
  too_large: 'The body is too large',
  expectation_failed: 'The header Expect asks for something else than 100-continue',
  invalid: 'The request does not fit its schema; every problem is listed',
  internal: 'The simulator failed',
  unavailable: 'The store is unavailable; the message says which and why',
};

const ERROR = { $ref: '#/components/schemas/Error' } as TSchema;

type Examples = Readonly<Record<string, unknown>>;

const createParameter = (place: 'path' | 'query', name: string, schema: TSchema, examples: Examples) => ({
  name,
  in: place,
  required: place === 'path',
  schema,
  ...(name in examples && { example: examples[name] }),
});

const createQueryParameters = (schema: TObject, examples: Examples) =>
  Object.entries(schema.properties).map(([name, property]) =>
    createParameter('query', name, property, examples),
  );

const createContent = (schema: TSchema, example: unknown, type = JSON_TYPE) => ({
  [type]: { schema, ...(example !== undefined && { example }) },
});

function createOperation(name: string, route: Route) {
  const { id, tag, example = {}, answer: answerExample } = describeOperation(name);
  const parameters = [...name.matchAll(/:(\w+)/g)].map(([, parameterName = '']) =>
    createParameter('path', parameterName, { type: 'string' } as TSchema, example.parameters ?? {}),
  );
  const body = createBodySchema(name, route);
  const { summary, status, answer, otherwise, contentType } = route;
  const refusals = listErrors(name, route).map((error) => [
    ERRORS[error],
    { description: ERROR_DESCRIPTIONS[error], content: createContent(ERROR, undefined) },
  ]);
  const content = answer && createContent(answer, answerExample, contentType);
  return {
    operationId: id,
    tags: [tag],
    summary,
    parameters: [...parameters, ...createQueryParameters(createQuerySchema(route), { ...example.query })],
    ...(body && {
      requestBody: {
        required: ((body.required ?? []) as string[]).length > 0,
        content: createContent(body, example.body),
      },
    }),
    responses: {
      [status]: { description: 'Done', ...(content && { content }) },
      ...(otherwise &&
        answer && {
          [otherwise.status]: { description: 'Unhealthy', content: createContent(answer, undefined) },
        }),
      ...Object.fromEntries(refusals),
    },
    ...(route.open && { security: [] }),
  };
}

/** A map of any keys, as the schemas here write it. */
const ANY_KEY = '^.*$';

/** Writes a part of the document as generators of clients read it: they want the type of an enum, and no patterns of keys. */
function toReadable(_: string, part: unknown): unknown {
  if (!isMap(part)) return part;
  const { patternProperties, ...rest } = part;
  if (isMap(patternProperties)) return { ...rest, additionalProperties: patternProperties[ANY_KEY] };
  return Array.isArray(part.enum) && part.type === undefined ? { type: 'string', ...part } : part;
}

/**
 * @param base path of the routes
 */
export function createOpenApi(routes: Routes, version: string, base: string) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, route] of Object.entries(routes)) {
    const [method = '', path = ''] = name.split(' ');
    const template = path.replace(/:(\w+)/g, '{$1}');
    paths[template] = { ...paths[template], [method.toLowerCase()]: createOperation(name, route) };
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Control API of mock-veridas',
      version,
      description: 'Everything that a test or a person can see and control in the simulated service.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: base }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    security: [{ basic: [] }, {}],
    paths,
    components: {
      schemas: { Error: ErrorAnswer },
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
    },
  };
  return JSON.parse(JSON.stringify(document), toReadable) as typeof document;
}
