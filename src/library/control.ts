import { controlAt } from '../control/client.ts';
import {
  type Answer,
  type Argument,
  type Asking,
  type Control,
  type ItemsOf,
  type PagedRoute,
  RequestFailed,
  type RouteName,
} from '../control/schema/client.ts';
import { INTERCEPTED_HINT, isIntercepted, splitCredentials } from '../system/http.ts';
import { type Camel, toCamelCase, toSnakeCase } from './camel-case.ts';
import { MockError } from './error.ts';

/** A request with its body in camelCase. */
type CamelAsking<A> = { [Key in keyof A]: Key extends 'body' ? Camel<A[Key]> : A[Key] };

/** The control API of a simulator, in this process or elsewhere, with bodies and answers in camelCase. */
export interface CamelControl {
  /** The same with the keys of the API. */
  readonly wire: Control;
  /**
   * Sends a request by the name of its route, for example `POST /calls/:validation_id/agent`.
   *
   * @throws {MockError} the request was refused or not answered
   */
  ask<Name extends RouteName>(
    name: Name,
    ...asking: Argument<CamelAsking<Asking<Name>>>
  ): Promise<Camel<Answer<Name>>>;
  /**
   * Reads every page of a list.
   *
   * @throws {MockError} a request was refused or not answered
   */
  askForAll<Name extends PagedRoute>(name: Name, query: Asking<Name>['query']): Promise<Camel<ItemsOf<Name>>>;
}

/** A wait may take ten minutes. */
const TIMEOUT_MS = 660_000;

/** Converts a failed request to the library's error. */
export function mockError(url: string, error: unknown): unknown {
  if (!(error instanceof RequestFailed)) return error;
  const { code, message, details, cause } = error;
  if (code !== 'unreachable' && code !== 'not_simulator') return new MockError(code, message, details);
  const hint = isIntercepted(code === 'unreachable' ? cause : undefined)
    ? INTERCEPTED_HINT
    : 'start one with `npx --no-install mock-veridas`, or run the tests with `npx --no-install mock-veridas exec -- …`';
  const why = code === 'unreachable' ? `does not answer: ${message}` : message;
  return new MockError('unreachable', `${url} ${why}`, { hint, cause });
}

/**
 * The control API at an address.
 *
 * @param address credentials in it are sent as Basic auth
 */
export function camelControlAt(address: string): CamelControl {
  const control = controlAt(address, TIMEOUT_MS);
  const { url } = splitCredentials(address);
  const convert = <T>(answer: Promise<T>): Promise<Camel<T>> =>
    answer.then(toCamelCase, (error) => {
      throw mockError(url, error);
    }) as Promise<Camel<T>>;
  return {
    wire: control,
    ask: async (name, ...asking) =>
      convert(control.ask(name, ...(toSnakeCase(asking) as Argument<Asking<typeof name>>))),
    askForAll: (name, query) => convert(control.askForAll(name, query)),
  };
}
