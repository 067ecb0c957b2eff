/** The parts of a Pact V4 file, as short as they are used here. */

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** A rule by which one place of what came is compared. */
type Rule = { readonly match: string } & Readonly<Record<string, Json>>;
type Rules = Readonly<Record<string, Rule>>;

export interface Body {
  readonly content: Json;
  readonly contentType: string;
  readonly encoded: false | 'base64';
}

export interface Request {
  readonly method?: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Body;
  readonly rules?: { readonly header?: Rules };
  /** Places that are filled with a value of the provider state. */
  readonly fromState?: { readonly body?: Values; readonly query?: Values };
}
type Values = Readonly<Record<string, string>>;

export interface Response {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  readonly body?: Body;
  readonly rules?: { readonly header?: Rules; readonly body?: Rules };
}

type StateParams = Readonly<Record<string, string | number | boolean>>;
export type States = Readonly<Record<string, StateParams>>;

/** What every interaction says of itself. */
interface About {
  readonly key: string;
  readonly description: string;
  /** Section of the guide, or why it is not there. */
  readonly text: string;
  readonly states?: States | undefined;
}

export interface Exchange extends About {
  readonly request: Request;
  readonly response: Response;
}

export interface Message extends About {
  readonly content: { readonly [key: string]: Json };
  readonly metadata: Readonly<Record<string, string>>;
  readonly rules: { readonly body?: Rules; readonly metadata?: Rules };
}

export const matchRegex = (pattern: string): Rule => ({ match: 'regex', regex: pattern });
export const matchIncludes = (value: string): Rule => ({ match: 'include', value });
export const MATCH_TYPE: Rule = { match: 'type' };

const toLists = (entries: Readonly<Record<string, string | readonly string[]>> = {}) =>
  Object.fromEntries(Object.entries(entries).map(([name, value]) => [name, [value].flat()]));

const toMatchers = (rules: Rules) =>
  Object.fromEntries(
    Object.entries(rules).map(([place, rule]) => [place, { combine: 'AND', matchers: [rule] }]),
  );

const toMatchingRules = (rules: Readonly<Record<string, Rules | undefined>> = {}) =>
  Object.fromEntries(
    Object.entries(rules).flatMap(([part, some]) => (some === undefined ? [] : [[part, toMatchers(some)]])),
  );

const toGenerators = (places: Readonly<Record<string, Values | undefined>> = {}) =>
  Object.fromEntries(
    Object.entries(places).map(([part, values = {}]) => [
      part,
      Object.fromEntries(
        Object.entries(values).map(([place, value]) => [
          place,
          { dataType: 'STRING', expression: `\${${value}}`, type: 'ProviderState' },
        ]),
      ),
    ]),
  );

const toCommonFields = (type: string, { key, description, text, states = {} }: About) => ({
  type,
  key,
  description,
  comments: { text: [text] },
  pending: false,
  providerStates: Object.entries(states).map(([name, params]) =>
    Object.keys(params).length > 0 ? { name, params } : { name },
  ),
});

/** A request and its answer. */
export const toExchange = ({ request, response, ...rest }: Exchange) => ({
  ...toCommonFields('Synchronous/HTTP', rest),
  request: {
    method: request.method ?? 'GET',
    path: request.path,
    ...(request.query && { query: toLists(request.query) }),
    ...(request.headers && { headers: toLists(request.headers) }),
    ...(request.body && { body: request.body }),
    ...(request.rules && { matchingRules: toMatchingRules(request.rules) }),
    ...(request.fromState && { generators: toGenerators(request.fromState) }),
  },
  response: {
    status: response.status,
    ...(response.headers && { headers: toLists(response.headers) }),
    ...(response.body && { body: response.body }),
    ...(response.rules && { matchingRules: toMatchingRules(response.rules) }),
  },
});

/** An event that is posted. */
export const toMessage = ({ content, metadata, rules, ...rest }: Message) => ({
  ...toCommonFields('Asynchronous/Messages', rest),
  contents: toJsonBody(content),
  metadata,
  matchingRules: toMatchingRules(rules),
});

export const toJsonBody = (content: Json): Body => ({
  content,
  contentType: 'application/json',
  encoded: false,
});
export const text = (content: string, contentType = 'text/plain'): Body => ({
  content,
  contentType,
  encoded: false,
});

/** A whole file. */
export const createPact = (consumer: string, interactions: readonly unknown[]) => ({
  consumer: { name: consumer },
  provider: { name: 'videocall-manager' },
  interactions,
  metadata: { pactSpecification: { version: '4.0' } },
});
