import type { TObject, TSchema } from 'typebox';
import { ERRORS } from './errors.ts';
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

const createParameter = (place: 'path' | 'query', name: string, schema: TSchema, required: boolean) => ({
  name,
  in: place,
  required,
  schema,
});

const createQueryParameters = (schema: TObject) =>
  Object.entries(schema.properties).map(([name, property]) =>
    createParameter('query', name, property, false),
  );

const createResponse = (schema: TSchema, description: string, type = JSON_TYPE) => ({
  description,
  content: { [type]: { schema } },
});

function createOperation(name: string, route: Route) {
  const parameters = [...name.matchAll(/:(\w+)/g)].map(([, parameterName = '']) =>
    createParameter('path', parameterName, { type: 'string' } as TSchema, true),
  );
  const body = createBodySchema(name, route);
  const { summary, status, answer, otherwise, contentType } = route;
  const refusals = listErrors(name, route).map((error) => [
    ERRORS[error],
    createResponse({ $ref: '#/components/schemas/Error' } as TSchema, ERROR_DESCRIPTIONS[error]),
  ]);
  return {
    summary,
    parameters: [...parameters, ...createQueryParameters(createQuerySchema(route))],
    ...(body && {
      requestBody: {
        required: ((body.required ?? []) as string[]).length > 0,
        content: { [JSON_TYPE]: { schema: body } },
      },
    }),
    responses: {
      [status]: answer === undefined ? { description: 'Done' } : createResponse(answer, 'Done', contentType),
      ...(otherwise && answer && { [otherwise.status]: createResponse(answer, 'Unhealthy') }),
      ...Object.fromEntries(refusals),
    },
    ...(route.open && { security: [] }),
  };
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
  return {
    openapi: '3.1.0',
    info: {
      title: 'Control API of mock-veridas',
      version,
      description: 'Everything that a test or a person can see and control in the simulated service.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: base }],
    security: [{ basic: [] }, {}],
    paths,
    components: {
      schemas: { Error: ErrorAnswer },
      securitySchemes: { basic: { type: 'http', scheme: 'basic' } },
    },
  };
}
