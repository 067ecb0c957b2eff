import type { Addresses } from '../server/addresses.ts';
import type { CamelControl } from './control.ts';

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
