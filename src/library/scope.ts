import type { CamelControl } from './control.ts';

/** Addresses of a simulator. */
export interface Addresses {
  /** For backends, e.g. `http://127.0.0.1:4010`. */
  readonly url: string;
  /** For browsers. The host name contains `videocall`, which the listener of guide 5.5 requires. */
  readonly browserUrl: string;
  /** The base URL of the control API. */
  readonly adminUrl: string;
  /** A sample integrator page with a whole call in it. Its origin differs from `browserUrl`. */
  readonly demoUrl: string;
  /** The web console: shows what happens and lets you act as the agent. */
  readonly consoleUrl: string;
}

/** Credentials of a client. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * What the library's verbs act on: a simulator, and one client or all.
 *
 * @internal
 */
export interface Scope extends Pick<Addresses, 'url' | 'browserUrl'> {
  readonly control: CamelControl;
  /** The client whose tokens are used. */
  readonly credentials: Credentials;
  /** The client in the control API's form; undefined for all clients. */
  readonly client: { readonly client_id?: string };
}
