import type { CamelControl } from './control.ts';

/** Where a simulator is, for whom. */
export interface Addresses {
  /** For backends, e.g. `http://127.0.0.1:4010`. */
  readonly url: string;
  /** For browsers: its name contains `videocall`, which the listener of guide 5.5 insists on. */
  readonly browserUrl: string;
  /** The control API. */
  readonly adminUrl: string;
  /** A page of an integrator with a whole call in it, for people: another origin than that of `browserUrl`. */
  readonly demoUrl: string;
  /** What happens, for people, who can be the agent there. */
  readonly consoleUrl: string;
}

/** Who gets tokens. */
export interface Credentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/**
 * Where the verbs of the library do what they do, and for whom.
 *
 * @internal
 */
export interface Scope extends Pick<Addresses, 'url' | 'browserUrl'> {
  readonly control: CamelControl;
  /** Who gets the tokens. */
  readonly credentials: Credentials;
  /** The client that all is about, as the control API takes it; without one, all of them. */
  readonly client: { readonly client_id?: string };
}
