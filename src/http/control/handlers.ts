import type { Static, TObject, TProperties, TSchema } from 'typebox';
import type { Route, Routes } from '../../protocol/control/route.ts';

/** What answers the routes of the control API, typed by their tables. */

type Fields<P> = P extends TProperties ? Static<TObject<P>> : Record<never, never>;

type Parameters<Path> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? { readonly [K in Name]: string } & Parameters<Rest>
  : Path extends `${string}:${infer Name}`
    ? { readonly [K in Name]: string }
    : Record<never, never>;

/** A request that fits its route. */
export interface Asked<Name, R extends Route> {
  readonly parameters: Parameters<Name>;
  readonly query: Fields<R['query']>;
  readonly body: Fields<R['body']>;
  /** The client that is named, which exists. */
  readonly clientId: string | undefined;
  /** Ends when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

type Answered<R extends Route> = R['answer'] extends TSchema ? Static<R['answer']> : undefined;

/** One function for each route of a table, and none forgotten. */
export type Handlers<R extends Routes> = {
  readonly [Name in keyof R]: (asked: Asked<Name, R[Name]>) => Promise<Answered<R[Name]>>;
};
