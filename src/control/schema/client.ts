import type { ErrorName } from './errors.ts';
import type { ErrorAnswer, Route } from './route.ts';
import type { ROUTES } from './routes.ts';
import type { AnswerOf, BodyOf, ParametersOf, QueryOf } from './typed-request.ts';

/** The client of the control API, typed by its routes. A transport sends the requests. */

type Table = typeof ROUTES;

/** A route that answers JSON, by its method and path. */
export type RouteName = {
  [Name in keyof Table]: Table[Name] extends { readonly contentType: string } ? never : Name;
}[keyof Table];

/** The client that a request is restricted to, for routes that can be. */
type Scoped<R extends Route> = R extends { readonly scoped: true }
  ? { readonly client_id?: string }
  : unknown;

/** A part of a request: absent when it has no fields, and optional when all its fields are. */
type Part<Key extends string, T> = keyof T extends never
  ? { readonly [K in Key]?: never }
  : Partial<T> extends T
    ? { readonly [K in Key]?: T }
    : { readonly [K in Key]: T };

/** The parts of a request besides the name of its route. */
export type Asking<Name extends RouteName> = Part<'parameters', ParametersOf<Name>> &
  Part<'query', QueryOf<Table[Name]> & Scoped<Table[Name]>> &
  Part<'body', BodyOf<Table[Name]>>;

/** An argument that is optional when all its parts are. */
export type Argument<T> = Partial<T> extends T ? [asking?: T] : [asking: T];

/** The answer of a route. */
export type Answer<Name extends RouteName> = AnswerOf<Table[Name]>;

/** A route that answers a page of a list. */
export type PagedRoute = {
  [Name in RouteName]: Answer<Name> extends { readonly next: string | null } ? Name : never;
}[RouteName];

/** The items of a paged list. */
export type ItemsOf<Name extends RouteName> =
  Answer<Name> extends { readonly items: infer Items } ? Items : never;

/** The control API of a simulator. */
export interface Control {
  /**
   * Sends a request by the name of its route, for example `POST /calls/:validation_id/agent`.
   *
   * @throws {RequestFailed}
   */
  ask<Name extends RouteName>(name: Name, ...asking: Argument<Asking<Name>>): Promise<Answer<Name>>;
  /**
   * Reads every page of a list.
   *
   * @throws {RequestFailed}
   */
  askForAll<Name extends PagedRoute>(name: Name, query?: Asking<Name>['query']): Promise<ItemsOf<Name>>;
}

/**
 * Sends a request to a path of the control API (with its query), with a JSON body.
 *
 * @throws {Error} there was no answer; the message says why
 */
export type Transport = (request: {
  readonly method: string;
  readonly path: string;
  readonly body: string | undefined;
}) => Promise<{ readonly status: number; readonly text: string }>;

/** An error name of the control API; no answer; or an answer that is not the control API's. */
export type FailureCode = ErrorName | 'unreachable' | 'not_simulator';

type Details = Omit<ErrorAnswer, 'error' | 'message'>;

/** A request to the control API that was refused or not answered. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed';
  readonly code: FailureCode;
  /** The status of the answer, if there was one. */
  readonly status: number | undefined;
  /** The details of an error besides its message. */
  readonly details: Details;

  constructor(
    code: FailureCode,
    message: string,
    { status, cause, ...details }: Details & ErrorOptions & { readonly status?: number } = {},
  ) {
    super(message, { cause });
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

/** Routes that answer with a second status; each must be listed here. */
const SECOND_STATUS: {
  readonly [Name in RouteName as Table[Name] extends { readonly otherwise: object }
    ? Name
    : never]: Table[Name] extends { readonly otherwise: { readonly status: infer Status } } ? Status : never;
} = { 'GET /health': 503, 'POST /provider-events': 412 };

type Texts = Readonly<Record<string, string | undefined>>;

/** The path of a request, with its parameters and query filled in. */
function formatPath(path: string, parameters: Texts, query: Texts): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`],
  );
  return pairs.length === 0 ? filled : `${filled}?${pairs.join('&')}`;
}

const isRefusal = (json: unknown): json is ErrorAnswer =>
  typeof json === 'object' && json !== null && 'error' in json && 'message' in json;

/** Parses a JSON answer; undefined when it is empty. */
function parseJson(text: string, status: number): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (cause) {
    throw new RequestFailed('not_simulator', 'is not a mock-veridas control API', { status, cause });
  }
}

/** What is read of a page, if it is one. */
interface PageAnswer {
  readonly items?: unknown;
  readonly next?: string | null;
}

/** The control API over a transport. */
export function createControl(transport: Transport): Control {
  const control: Control = {
    async ask(name, ...[asking]) {
      const [method = '', route = ''] = name.split(' ');
      const {
        parameters = {},
        query = {},
        body,
      } = (asking ?? {}) as {
        readonly parameters?: Texts;
        readonly query?: Texts;
        readonly body?: object;
      };
      const path = formatPath(route, parameters, query);
      const sent = { method, path, body: body && JSON.stringify(body) };
      const { status, text } = await transport(sent).catch((cause: Error) => {
        throw new RequestFailed('unreachable', cause.message, { cause });
      });
      const json = parseJson(text, status);
      if (isRefusal(json)) {
        const { error, message, ...details } = json;
        throw new RequestFailed(error, message, { status, ...details });
      }
      const isExpected =
        (status >= 200 && status < 300) || (SECOND_STATUS as Record<string, number>)[name] === status;
      if (!isExpected)
        throw new RequestFailed('not_simulator', `is not a mock-veridas control API: it answered ${status}`, {
          status,
        });
      return json as Answer<typeof name>;
    },

    async askForAll(name, query) {
      const items: unknown[] = [];
      for (let next: string | null | undefined = ''; typeof next === 'string'; ) {
        const asking = { query: next === '' ? query : { ...query, after: next } };
        const page = (await control.ask(name, asking as never)) as PageAnswer | undefined;
        if (!Array.isArray(page?.items))
          throw new RequestFailed('not_simulator', 'is not a mock-veridas control API');
        items.push(...page.items);
        next = page.next;
      }
      return items as ItemsOf<typeof name>;
    },
  };
  return control;
}
