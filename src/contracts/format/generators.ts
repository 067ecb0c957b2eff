import { isMap } from '../../control/schema/mismatch.ts';
import { closestMatch } from '../../domain/closest-match.ts';
import { isPlaceIn } from './body-path.ts';
import { suggest } from './keys.ts';

/** Problems in generators. The verifier ignores one that it cannot use, and sends the example instead. */

const TYPES = [
  'ProviderState',
  'RandomInt',
  'RandomDecimal',
  'RandomHexadecimal',
  'RandomString',
  'RandomBoolean',
  'Regex',
  'Uuid',
  'Date',
  'Time',
  'DateTime',
  'MockServerURL',
];
const CATEGORIES = ['method', 'path', 'query', 'header', 'body', 'status', 'metadata'];

interface Generator {
  readonly category: string;
  readonly place: string;
  readonly fields: unknown;
}

function listGenerators(generators: Readonly<Record<string, unknown>>): Generator[] {
  return Object.entries(generators).flatMap(([category, value]) => {
    const isSingle = !isMap(value) || typeof value.type === 'string';
    if (isSingle) return [{ category, place: '', fields: value }];
    return Object.entries(value).map(([place, fields]) => ({ category, place, fields }));
  });
}

/** The names of the state values in an expression; without `${…}`, all of it is a name. */
const listNames = (expression: string): string[] =>
  expression.includes('${')
    ? [...expression.matchAll(/\$\{([^}]*)\}?/g)].map(([, name = '']) => name)
    : [expression];

/** The names of the state values that a request refers to. */
export const listReferences = (generators: unknown): string[] =>
  isMap(generators)
    ? listGenerators(generators).flatMap(({ fields }) =>
        isMap(fields) && fields.type === 'ProviderState' && typeof fields.expression === 'string'
          ? listNames(fields.expression)
          : [],
      )
    : [];

/** What generators can fill. */
export interface RequestExample {
  readonly query?: unknown;
  readonly headers?: unknown;
  readonly body?: unknown;
  readonly isMultipart: boolean;
}

function isFilled({ category, place }: Generator, { query, headers, body }: RequestExample): boolean {
  const name = place.replace(/^\$\.|\[\d+\]$/g, '');
  if (category === 'header')
    return isMap(headers) && Object.keys(headers).some((one) => one.toLowerCase() === name.toLowerCase());
  if (category === 'query')
    return typeof query === 'string'
      ? new URLSearchParams(query).has(name)
      : isMap(query) && Object.hasOwn(query, name);
  return category !== 'body' || body === undefined || isPlaceIn(place, body);
}

function findProblem(generator: Generator, example: RequestExample): string | undefined {
  const { category, fields } = generator;
  if (!CATEGORIES.includes(category.toLowerCase()))
    return `is not a category of generators; ${suggest(category, CATEGORIES)}`;
  if (!isMap(fields)) return 'must be a map with a type';
  const { type, expression } = fields;
  if (typeof type !== 'string' || !TYPES.includes(type)) {
    const meant = closestMatch(String(type), TYPES);
    return `there is no generator "${type}"${meant === undefined ? '' : `; did you mean "${meant}"?`}`;
  }
  if (type === 'ProviderState' && (typeof expression !== 'string' || expression === ''))
    return `has no expression; write the name of a value, such as "\${accessToken}"`;
  if (category === 'body' && example.isMultipart)
    return 'the verifier cannot fill values into multipart bodies; pass the value to the provider state as a parameter';
  return isFilled(generator, example) ? undefined : 'the request has no value here to fill; add an example';
}

/** Every generator of a request that would be ignored. */
export function findGeneratorProblems(generators: unknown, where: string, example: RequestExample): string[] {
  if (generators === undefined || generators === null) return [];
  if (Array.isArray(generators) && generators.length === 0) return [];
  if (!isMap(generators)) return [`${where} must be a map`];
  return listGenerators(generators).flatMap((generator) => {
    const problem = findProblem(generator, example);
    const { category, place } = generator;
    return problem === undefined
      ? []
      : [`${where}.${category}${place === '' ? '' : `["${place}"]`}: ${problem}`];
  });
}
