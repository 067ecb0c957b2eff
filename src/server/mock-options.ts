import type { Client } from '../domain/client.ts';
import type { Scenario } from '../domain/scenario.ts';
import type { Blocking, LogFormat, LogLevel, RefusedCall, TokenFormatName } from '../options/choices.ts';
import type { MediaPorts } from '../service/port-probes.ts';
import type { Store } from '../store/store.ts';
import type { TlsIdentity } from './tls.ts';

/** How a simulator is to be started. Everything may be left out. */
export interface MockOptions {
  /** TCP port; 0, the default, chooses a free one. */
  readonly port?: number;
  /** Address to listen on; by default this machine only, over IPv4 and IPv6. */
  readonly host?: string | undefined;
  /** Who may get tokens; by default `sandbox-client` with `sandbox-secret`. */
  readonly clients?: readonly Client[];
  /**
   * Scenarios by name, or what gives those that calls can play from now on; by default those that come with the
   * package.
   */
  readonly scenarios?: ReadonlyMap<string, Scenario> | (() => ReadonlyMap<string, Scenario>);
  /** Name of the scenario that calls play; by default `happy`. */
  readonly scenario?: string;
  /** What access tokens look like; by default `opaque`, as the service's do. */
  readonly tokenFormat?: TokenFormatName;
  /** Makes the tokens of each client the same in every run. */
  readonly randomSeed?: string | undefined;
  /** How production clients are kept out that do not come from their `allowedIps`; by default `forbidden`. */
  readonly blocked?: Blocking;
  /** Proxies whose `X-Forwarded-For` is believed: addresses and ranges. */
  readonly trustProxy?: readonly string[];
  /** How `/call` answers a token that opens nothing: a 403, or a page that posts VideocallNotFound. */
  readonly refusedCall?: RefusedCall;
  /** Refuses a token for a second validation, and on a second page at the same time. */
  readonly strictTokens?: boolean;
  /** Lets only those validation ids exist that were made known through the control API. */
  readonly knownValidationsOnly?: boolean;
  /** So many requests of each client are remembered; by default 10 000. */
  readonly journalSize?: number;
  /** What is logged to standard error; by default `warn` and what is worse. */
  readonly logLevel?: LogLevel;
  /** How it is written: as `text`, the default, or as `json`, one object a line. */
  readonly logFormat?: LogFormat;
  /**
   * Where everything is kept: by default in memory of its own. A `Store`, for a simulator that is to be stopped and
   * started again without forgetting, stays open. The address of a Redis or Valkey, which several simulators may
   * share, begins with `redis://`, `rediss://` or `unix://`, and needs the package `redis`.
   */
  readonly store?: Store | string;
  /** Stands before every key in a Redis; by default `mock-veridas:`. */
  readonly storePrefix?: string;
  /** Who may use the control API when it can be reached from other machines, and from which web pages. */
  readonly admin?: { readonly user: string; readonly password?: string; readonly origins: readonly string[] };
  /** Address under which browsers reach the simulator, if it is not the usual one. */
  readonly browserUrl?: string | undefined;
  /**
   * Speaks TLS as well, on the same port, by HTTP/2 and HTTP/1.1: with this certificate and key (PEM), or with `true` by a
   * certificate that is made here once and kept.
   */
  readonly https?: boolean | TlsIdentity;
  /**
   * Opens the ports too that video needs (guide 6.2), so that it can be tested whether they are reached: those, or these; 0
   * chooses a free one.
   */
  readonly mediaPorts?: boolean | MediaPorts;
}
