import type { TSchema } from 'typebox';
import * as Type from 'typebox';

/** Long lists are answered in pages: oldest first, but events from call to call, and oldest first within a page. */

/** The longest page, which is also the default. */
const MAX_LIMIT = 1_000;

export const limitQuery = {
  limit: Type.Optional(
    Type.String({
      pattern: '^([1-9]\\d{0,2}|1000)$',
      title: 'length of a page',
      description: `a number from 1 to ${MAX_LIMIT}, which is the default`,
    }),
  ),
};

/** The `after` of a list whose cursors match `pattern`. */
const createAfterSchema = (pattern: string) =>
  Type.Optional(Type.String({ pattern, title: 'cursor', description: 'the next of the page before' }));

/** Query parameters that select a page of a list. */
export const pageQuery = { ...limitQuery, after: createAfterSchema('^\\d{1,16}$') };
/** The same for events: a call, and one of its events. */
export const eventsPageQuery = { ...limitQuery, after: createAfterSchema('^\\d{1,16}-\\d{1,9}$') };

const Next = Type.Union([Type.String(), Type.Null()], {
  description: 'the after of the next page; null on the last one',
});

export const createPageSchema = <const T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    total: Type.Integer({ description: 'how many there are on all pages' }),
    next: Next,
  });

/** A page of a list that is counted only when it is short. */
export const createUncountedPageSchema = <const T extends TSchema>(item: T) =>
  Type.Object({
    items: Type.Array(item),
    total: Type.Union([Type.Integer(), Type.Null()], {
      description: 'how many there are on all pages; null where counting would read them all',
    }),
    next: Next,
  });

interface PageQuery {
  readonly limit?: string | undefined;
  readonly after?: string | undefined;
}

/** The page that a query selects, of one client or of all. */
export const toPageRequest = ({ limit, after }: PageQuery, clientId: string | undefined) => ({
  limit: limit === undefined ? MAX_LIMIT : Number(limit),
  after,
  clientId,
});
