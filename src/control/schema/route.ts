import type { Static, TObject, TProperties, TSchema } from 'typebox';
import * as Type from 'typebox';
import { ClientId } from './client-format.ts';
import { ERRORS, type ErrorName } from './errors.ts';
import type { IsValid, Mismatch } from './mismatch.ts';

/** The control API as data: validation, types and OpenAPI follow from these tables. */

/** What a route accepts, what it answers and how it can refuse. */
export interface Route {
  readonly summary: string;
  /** It needs no credentials. */
  readonly open?: true;
  /** It is answered without the store. */
  readonly storeless?: true;
  /** `client_id` in the query or body restricts it to one client. */
  readonly scoped?: true;
  readonly query?: TProperties;
  readonly body?: TProperties;
  /** Checks of the body beyond its schema. */
  readonly beyond?: (body: never, isSound: IsValid) => Mismatch[];
  readonly status: 200 | 201 | 204;
  /** Schema of the answer; with 204, none. */
  readonly answer?: TSchema;
  /** A second status, and the answers that have it. */
  readonly otherwise?: { readonly status: number; readonly when: (answer: never) => boolean };
  /** Content type of an answer that is not JSON. */
  readonly contentType?: string;
  /** Metadata of an answer that is a message to Pact, for the origin that browsers load the frame from. */
  readonly metadata?: (origin: string) => Readonly<Record<string, string>>;
  /** Errors besides those that follow from the other fields. */
  readonly errors?: readonly ErrorName[];
}

export type Routes = Readonly<Record<string, Route>>;

/** Preserves the exact type of a table of routes. */
export const defineRoutes = <const R extends Routes>(table: R): R => table;

const ClientQuery = { client_id: Type.Optional(ClientId) };

function createMapSchema(properties: TProperties | undefined, { scoped }: Route, title: string): TObject {
  const all = { ...(scoped && ClientQuery), ...properties };
  const names = Object.keys(all).join(', ');
  const description = names === '' ? 'nothing: this route takes no parameters here' : `a map with ${names}`;
  return Type.Object(all, { additionalProperties: false, title, description });
}

/** The format of a route's query. Health checks may add parameters of their own. */
export const createQuerySchema = (route: Route): TObject =>
  route.open ? Type.Object({}) : createMapSchema(route.query, route, 'query');

/** Whether a route of this name takes a body. */
const hasBody = (name: string): boolean => !name.startsWith('GET') && !name.startsWith('DELETE');

/** The format of a route's body, if it takes one. */
export const createBodySchema = (name: string, route: Route): TObject | undefined =>
  hasBody(name) ? createMapSchema(route.body, route, 'body') : undefined;

/** Every error with which a route can refuse a request; failures are not among them. */
export function listErrors(name: string, route: Route): ErrorName[] {
  const { open, storeless, scoped, errors = [] } = route;
  const all: readonly ErrorName[] = [
    ...(open ? [] : (['unauthorized', 'forbidden', 'invalid'] as const)),
    'expectation_failed',
    ...(hasBody(name) ? (['not_json', 'too_large'] as const) : []),
    ...(scoped ? (['not_found'] as const) : []),
    ...(storeless ? [] : (['unavailable'] as const)),
    ...errors,
  ];
  return (Object.keys(ERRORS) as ErrorName[]).filter((error) => all.includes(error));
}

export const Time = Type.String({ format: 'date-time' });
export const TimeOrNull = Type.Union([Time, Type.Null()]);
export const TextOrNull = Type.Union([Type.String(), Type.Null()]);

/** A list, oldest first. */
export const createListSchema = <const T extends TSchema>(item: T) =>
  Type.Object({ items: Type.Array(item), total: Type.Integer() });

/** The format of every error. */
export const ErrorAnswer = Type.Object({
  error: Type.Enum(Object.keys(ERRORS) as ErrorName[]),
  message: Type.String(),
  hint: Type.Optional(Type.String()),
  failure: Type.Optional(Type.String({ description: 'the id of the failure in the log' })),
  errors: Type.Optional(
    Type.Array(Type.Object({ path: Type.String(), message: Type.String() }), {
      description: 'every problem in the body or query, with its place',
    }),
  ),
  seen: Type.Optional(Type.Array(Type.String(), { description: 'what happened instead' })),
});
export type ErrorAnswer = Static<typeof ErrorAnswer>;
