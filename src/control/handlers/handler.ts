import type { Route, Routes } from '../schema/route.ts';
import type { AnswerOf, BodyOf, ParametersOf, QueryOf } from '../schema/typed-request.ts';

/** The handlers of the control API, typed by its tables. */

/** A request that fits its route. */
export interface RouteRequest<Name, R extends Route> {
  readonly parameters: ParametersOf<Name>;
  readonly query: QueryOf<R>;
  readonly body: BodyOf<R>;
  /** The named client, which exists. */
  readonly clientId: string | undefined;
  /** Aborted when the client has disconnected. */
  readonly signal: AbortSignal;
}

/** One handler for each route of a table. */
export type Handlers<R extends Routes> = {
  readonly [Name in keyof R]: (asked: RouteRequest<Name, R[Name]>) => Promise<AnswerOf<R[Name]>>;
};
