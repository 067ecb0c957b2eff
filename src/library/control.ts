import { parted, whyNoAnswer } from '../contracts/asking.ts';
import type { ErrorAnswer, Route } from '../control/schema/route.ts';
import type { ROUTES } from '../control/schema/routes.ts';
import type { AnswerOf, BodyOf, ParametersOf, QueryOf } from '../control/schema/typed-request.ts';
import { type Camel, camel, snake } from './camel.ts';
import { MockError } from './error.ts';

type Table = typeof ROUTES;
type RouteName = keyof Table;

/** The client that a request is about, where its route is about one. */
type Named<R extends Route> = R extends { readonly scoped: true } ? { readonly client_id?: string } : unknown;

/** What a request says beside the name of its route. */
interface Asking<Name extends RouteName> {
  readonly parameters?: ParametersOf<Name>;
  readonly query?: QueryOf<Table[Name]> & Named<Table[Name]>;
  readonly body?: Camel<BodyOf<Table[Name]>>;
}

/** What the control API answers to a route, in camelCase. */
type Answer<Name extends RouteName> = Camel<AnswerOf<Table[Name]>>;

/** The control API of a simulator, in this process or elsewhere. */
export interface Control {
  /**
   * Asks by the name of a route, as in `POST /calls/:validation_id/agent`.
   *
   * @throws {MockError} it was refused, or nobody answers
   */
  ask<Name extends RouteName>(name: Name, asking?: Asking<Name>): Promise<Answer<Name>>;
}

type Texts = Readonly<Record<string, string | undefined>>;

/** The path of a request, with its parameters and query filled in. */
function addressOf(path: string, parameters: Texts, query: Texts): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return given.length === 0 ? filled : `${filled}?${new URLSearchParams(given)}`;
}

const isRefusal = (json: unknown): json is ErrorAnswer =>
  typeof json === 'object' && json !== null && 'error' in json && 'message' in json;

/**
 * The control API at an address, asked by `fetch`.
 *
 * @param adminUrl its address; credentials in it are sent along as Basic ones
 */
export function controlAt(adminUrl: string): Control {
  const { url, authorization } = parted(adminUrl);
  const unreachable = (why: string, cause?: unknown) =>
    new MockError('unreachable', `${url} ${why}`, {
      hint: 'start one with `npx mock-veridas`, or run the tests by `npx mock-veridas exec -- …`',
      cause,
    });

  return {
    async ask(name, { parameters = {}, query = {}, body } = {}) {
      const [method = '', path = ''] = name.split(' ');
      const answer = await fetch(`${url}${addressOf(path, parameters as Texts, query as Texts)}`, {
        method,
        headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
        ...(body !== undefined && { body: JSON.stringify(snake(body)) }),
      }).catch((error: unknown) => {
        throw unreachable(`does not answer: ${whyNoAnswer(error)}`, error);
      });
      const text = await answer.text();
      let json: unknown;
      try {
        json = text === '' ? undefined : JSON.parse(text);
      } catch (cause) {
        throw unreachable('is no mock-veridas', cause);
      }
      if (isRefusal(json)) {
        const { error, message, ...more } = json;
        throw new MockError(error, message, more);
      }
      if (!answer.ok) throw unreachable(`is no mock-veridas: it answered ${answer.status}`);
      return camel(json) as Answer<typeof name>;
    },
  };
}
