import type { TSchema } from 'typebox';
import { Errors } from 'typebox/value';
import { createOpenApi } from '../../src/control/schema/openapi.ts';
import { ADMIN } from '../../src/control/schema/paths.ts';
import { ROUTES } from '../../src/control/schema/routes.ts';

interface Operation {
  readonly responses: Record<string, { content?: Record<string, { schema: TSchema }> }>;
}
interface Description {
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: { readonly Error: TSchema } };
}

/** The OpenAPI description of the control API, as clients receive it. */
export const DESCRIPTION: Description = JSON.parse(JSON.stringify(createOpenApi(ROUTES, '0.0.0', ADMIN)));

/** Every declared status of every route, as `GET /clients 200`. */
export const DECLARED: readonly string[] = Object.entries(DESCRIPTION.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { responses }]) =>
    Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
  ),
);

const toPattern = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);

/** Returns the described path that matches `path`; of several, the one with the fewest parameters. */
export const findTemplate = (method: string, path: string): string | undefined =>
  Object.keys(DESCRIPTION.paths)
    .filter(
      (template) => toPattern(template).test(path) && DESCRIPTION.paths[template]?.[method.toLowerCase()],
    )
    .sort((a, b) => a.split('{').length - b.split('{').length)[0];

/** Returns the differences between a response of the control API and its description. Ignores unknown addresses. */
export function findUndescribed(method: string, url: string, status: number, json: unknown): string[] {
  const template = findTemplate(method, url.split('?', 1)[0] ?? '');
  if (template === undefined) return [];
  const described = DESCRIPTION.paths[template]?.[method.toLowerCase()]?.responses[status];
  if (described === undefined) return [`${method} ${template} is not described to answer ${status}`];
  const schema = described.content?.['application/json']?.schema;
  if (schema === undefined) return [];
  const expected = '$ref' in schema ? DESCRIPTION.components.schemas.Error : schema;
  return Errors(expected, json).map(
    ({ instancePath, message }) => `${method} ${template} ${status}: ${instancePath} ${message}`,
  );
}
