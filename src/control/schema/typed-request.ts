import type { Static, TObject, TProperties, TSchema } from 'typebox';
import type { Route } from './route.ts';

/** What a route takes and answers as types, derived from its row: server and client use the same. */

type Fields<P> = P extends TProperties ? Static<TObject<P>> : Record<never, never>;

/** The path parameters of a route. */
export type ParametersOf<Path> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name]: string } & ParametersOf<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : Record<never, never>;

export type QueryOf<R extends Route> = Fields<R['query']>;
export type BodyOf<R extends Route> = Fields<R['body']>;
export type AnswerOf<R extends Route> = R['answer'] extends TSchema ? Static<R['answer']> : undefined;
