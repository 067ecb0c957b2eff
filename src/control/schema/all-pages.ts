import { type Answer, type Asking, type Control, RequestFailed, type RouteName } from './client.ts';

/** A route that answers a page of a list. */
export type PagedRoute = {
  [Name in RouteName]: Answer<Name> extends { readonly next: string | null } ? Name : never;
}[RouteName];

/** The items of a paged list. */
export type ItemsOf<Name extends RouteName> =
  Answer<Name> extends { readonly items: infer Items } ? Items : never;

/**
 * Reads every page of a list.
 *
 * @throws {RequestFailed}
 */
export async function askForAll<Name extends PagedRoute>(
  { ask }: Control,
  name: Name,
  query?: Asking<Name>['query'],
): Promise<ItemsOf<Name>> {
  const items: unknown[] = [];
  let after = (query as { readonly after?: string } | undefined)?.after;
  do {
    const asking = { query: { ...query, ...(after !== undefined && { after }) } };
    const page = (await ask(name, asking as never)) as { items?: unknown; next?: string | null } | undefined;
    if (!Array.isArray(page?.items))
      throw new RequestFailed('not_simulator', 'is not a mock-veridas control API');
    items.push(...page.items);
    after = page.next ?? undefined;
  } while (after !== undefined);
  return items as ItemsOf<Name>;
}
