import type { Client } from '../domain/client.ts';
import type { IgnoredSituation } from '../domain/coverage.ts';
import type { ConfiguredFault } from '../domain/fault.ts';
import type { Scenario } from '../domain/scenario.ts';
import type { ConfiguredValidation } from '../domain/validation.ts';
import type { Blocking, LogFormat, LogLevel, RefusedCall, TokenFormatName } from '../options/choices.ts';
import type { MediaPorts } from '../service/port-probes.ts';
import type { Store } from '../store/store.ts';
import type { TlsIdentity } from './tls.ts';

/** How to start a simulator. Every option may be left out. */
export interface MockOptions {
  /** TCP port; 0, the default, chooses a free one. */
  readonly port?: number;
  /** Address to listen on; by default this machine only, over IPv4 and IPv6. */
  readonly host?: string | undefined;
  /** Clients that can get tokens; by default `sandbox-client` with `sandbox-secret`. */
  readonly clients?: readonly Client[];
  /**
   * Scenarios by name, or a function that returns those that calls can play from now on; by default those that come with the
   * package.
   */
  readonly scenarios?: ReadonlyMap<string, Scenario> | (() => ReadonlyMap<string, Scenario>);
  /** Name of the scenario that calls play; by default `happy`. */
  readonly scenario?: string;
  /** What access tokens look like; by default `opaque`, as the service's do. */
  readonly tokenFormat?: TokenFormatName;
  /** Makes each client's tokens the same in every run. */
  readonly randomSeed?: string | undefined;
  /** What a production client gets that does not come from its `allowedIps`; by default `forbidden`. */
  readonly blocked?: Blocking;
  /** Proxies whose `X-Forwarded-For` is trusted: addresses and ranges. */
  readonly trustProxy?: readonly string[];
  /** Answer profile: a file that `mock-veridas compare --write` has written; by default `early-2021`. */
  readonly profile?: string | undefined;
  /**
   * How `/call` answers a token that opens no call: a 403, or a page that posts VideocallNotFound; by default as the answer
   * profile, which is a 403 unless you give one.
   */
  readonly refusedCall?: RefusedCall | undefined;
  /** Refuses a token for a second validation, and on a second page at the same time. */
  readonly strictTokens?: boolean;
  /** Rejects validation ids that were not created through the control API. */
  readonly knownValidationsOnly?: boolean;
  /** How many requests of each client the journal keeps; by default 10 000. */
  readonly journalSize?: number;
  /** Lowest level that is logged to standard error; by default `error`. `warn` explains refused requests and findings. */
  readonly logLevel?: LogLevel;
  /** Log format: `text`, the default, or `json`, one object per line. */
  readonly logFormat?: LogFormat;
  /**
   * Where state is kept; by default in memory. Pass a `Store` to stop and restart a simulator without losing state: the
   * store stays open. Pass the address of a Redis or Valkey (`redis://`, `rediss://` or `unix://`), of its Sentinels
   * (`redis+sentinel://`, `rediss+sentinel://`) or of the nodes of its cluster (`redis+cluster://`, `rediss+cluster://`) to share
   * state between simulators; this needs the package `redis`.
   */
  readonly store?: Store | string;
  /** Prefix of every key in Redis; by default `mock-veridas:`. */
  readonly storePrefix?: string;
  /** Credentials that the control API asks of other machines and of proxies, and the web origins that may use it. */
  readonly admin?: { readonly user: string; readonly password?: string; readonly origins: readonly string[] };
  /** Address by which browsers reach the simulator, if it is not the default one. */
  readonly browserUrl?: string | undefined;
  /**
   * Accepts TLS as well on the same port (HTTP/2 and HTTP/1.1): with this certificate and key (PEM), or, with `true`, with a
   * certificate that is generated once and kept.
   */
  readonly https?: boolean | TlsIdentity;
  /**
   * Also opens the ports for video (guide 6.2), so that their reachability can be tested: the default ports, or these; 0
   * chooses a free one.
   */
  readonly mediaPorts?: boolean | MediaPorts;
}

/** Options of the command: with what tests set up by `faults.arm()` and `validations.set()`, and what coverage leaves out. */
export interface LaunchOptions extends MockOptions {
  readonly faults?: readonly ConfiguredFault[] | undefined;
  readonly validations?: readonly ConfiguredValidation[] | undefined;
  readonly coverageIgnore?: readonly IgnoredSituation[] | undefined;
}
