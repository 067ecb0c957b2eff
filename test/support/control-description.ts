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

/** The description of the control API as its readers get it. */
export const DESCRIPTION: Description = JSON.parse(JSON.stringify(createOpenApi(ROUTES, '0.0.0', ADMIN)));

/** Every declared status of every route, as `GET /clients 200`. */
export const DECLARED: readonly string[] = Object.entries(DESCRIPTION.paths).flatMap(([path, operations]) =>
  Object.entries(operations).flatMap(([method, { responses }]) =>
    Object.keys(responses).map((status) => `${method.toUpperCase()} ${path} ${status}`),
  ),
);

const toPattern = (template: string) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`);

/** The described path that `path` is one of; of several the one with the fewest parameters. */
export const findTemplate = (method: string, path: string): string | undefined =>
  Object.keys(DESCRIPTION.paths)
    .filter(
      (template) => toPattern(template).test(path) && DESCRIPTION.paths[template]?.[method.toLowerCase()],
    )
    .sort((a, b) => a.split('{').length - b.split('{').length)[0];

/** What is wrong with an answer of the control API by its description; of an address that is not in it, nothing. */
export function findUndescribed(method: string, url: string, status: number, json: unknown): string[] {
  const template = findTemplate(method, url.split('?', 1)[0] ?? '');
  if (template === undefined) return [];
  const described = DESCRIPTION.paths[template]?.[method.toLowerCase()]?.responses[status];
  if (described === undefined) return [`${method} ${template} is not described to answer ${status}`];
  const schema = described.content?.['application/json']?.schema;
  if (schema === undefined) return [];
  const meant = '$ref' in schema ? DESCRIPTION.components.schemas.Error : schema;
  return Errors(meant, json).map(
    ({ instancePath, message }) => `${method} ${template} ${status}: ${instancePath} ${message}`,
  );
}
