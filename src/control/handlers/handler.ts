import type { Route, Routes } from '../schema/route.ts';
import type { AnswerOf, BodyOf, ParametersOf, QueryOf } from '../schema/typed-request.ts';

/** What answers the routes of the control API, typed by their tables. */

/** A request that fits its route. */
export interface RouteRequest<Name, R extends Route> {
  readonly parameters: ParametersOf<Name>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  /** The client that is named, which exists. */
  readonly clientId: string | undefined;
  /** Ends when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
}

/** One function for each route of a table, and none forgotten. */
export type Handlers<R extends Routes> = {
  readonly [Name in keyof R]: (asked: RouteRequest<Name, R[Name]>) => Promise<AnswerOf<R[Name]>>;
};
