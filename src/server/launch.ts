// What only some ask for is imported where they do, or everybody would wait for it.

import { ADMIN, CONSOLE, DEMO } from '../control/schema/paths.ts';
import type { Client } from '../domain/client.ts';
import type { Scenario } from '../domain/scenario.ts';
import { MEDIA_PORTS } from '../guide/ports.ts';
import type { Addresses } from '../library/scope.ts';
import type { Blocking, LogFormat, LogLevel, RefusedCall, TokenFormatName } from '../options/choices.ts';
import { type Resolved, resolve } from '../options/resolve.ts';
import { isStore } from '../options/simulator-rows.ts';
import type { AllRead } from '../options/table.ts';
import type { PageTicket } from '../service/call.ts';
import { overProtocol } from '../service/call-origins.ts';
import type { MediaPorts } from '../service/port-probes.ts';
import { clients as clientsIn } from '../simulator/clients.ts';
import { createSimulator } from '../simulator/simulator.ts';
import { memoryStore } from '../store/memory.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { systemTime } from '../system/clock.ts';
import { VERSION } from '../system/package.ts';
import { type Random, systemRandom } from '../system/random.ts';
import { jwtTokens, opaqueTokens, tickets } from '../system/signing.ts';
import { isLoopback, namesOf, reachableHost } from './address.ts';
import type { LocallyCertified } from './certificate.ts';
import { logFailure } from './failure.ts';
import { createServer } from './fastify.ts';
import { listen } from './listen.ts';
import type { OpenMediaPorts } from './media/ports.ts';
import { processMetrics } from './metrics.ts';
import { logFault } from './store-unavailable.ts';
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

/** Where a simulator is over TLS. */
export interface Secure {
  readonly url: string;
  readonly browserUrl: string;
  /** File of the authority that must be trusted (`NODE_EXTRA_CA_CERTS`), where it was made here. */
  readonly ca?: string;
}

/** A simulator that answers. */
export interface Launched extends Addresses {
  /** The same over TLS, where it is spoken. */
  readonly https?: Secure;
  /** The ports for video, where they are open. */
  readonly mediaPorts?: MediaPorts;
  /** What the control API asks for, when it asks. */
  readonly adminCredentials?: { readonly user: string; readonly password: string } | undefined;
  /** Its log, for what else belongs there. */
  readonly log: {
    info(line: string): void;
    warn(line: string): void;
    /** Something that nobody has caught; it gets an id, by which it can be talked about. */
    failure(error: unknown): void;
  };
  /** Tells open pages, ends all connections and frees the port. */
  close(): Promise<void>;
}

const PASSWORD_LENGTH = 24;

type Launching = Resolved<'library', MockOptions>;

/** The store that is asked for by its address. */
async function openStore(
  address: string,
  { storePrefix, clients }: Pick<Launching, 'storePrefix' | 'clients'>,
  random: Random,
  tell: (line: string) => void,
): Promise<Store> {
  if (!isStore(address)) throw new StoreUnavailable('store: neither memory nor the address of a Redis');
  if (address === 'memory') return memoryStore(systemTime);
  const { redisStore } = await import('../store/redis/redis-store.ts');
  return redisStore({
    url: address,
    prefix: storePrefix,
    tell,
    // As nobody was left to be overwritten, the clients can be as they were at the start.
    refill: (store) => clientsIn(store, random).seed(clients),
  });
}

/**
 * Starts a simulator in this process.
 *
 * @throws {CannotListen} the port or address cannot be had
 * @throws {StoreUnavailable} the store cannot be reached within a few seconds
 */
export async function launch(options: MockOptions): Promise<Launched> {
  const { store: given, storePrefix, randomSeed, ...others } = resolve('library', options);
  const random = systemRandom(randomSeed);
  if (typeof given === 'object') return startOn(given, random, others);
  let log: Launched['log'] | undefined;
  const { clients } = others;
  const store = await openStore(given, { storePrefix, clients }, random, (line) => log?.warn(line));
  try {
    const launched = await startOn(store, random, others);
    ({ log } = launched);
    const close = async () => {
      await launched.close();
      await store.close();
    };
    return { ...launched, close };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** As whom the simulator speaks TLS, if it should. */
async function identityFor({
  https,
  host,
  browserUrl,
}: Pick<Launching, 'https' | 'host' | 'browserUrl'>): Promise<TlsIdentity | LocallyCertified | undefined> {
  if (typeof https === 'object') return https;
  if (!https) return undefined;
  const names = [
    ...(host === undefined ? [] : namesOf(host)),
    ...(browserUrl === undefined ? [] : [new URL(browserUrl).hostname.replace(/^\[|\]$/g, '')]),
  ];
  const { ownCertificate } = await import('./certificate.ts');
  return ownCertificate(names, systemTime());
}

async function startOn(
  store: Store,
  random: Random,
  options: Omit<Launching, 'store' | 'storePrefix' | 'randomSeed'>,
): Promise<Launched> {
  const {
    port,
    host,
    https,
    browserUrl: givenBrowserUrl,
    mediaPorts,
    trustProxy,
    admin,
    clients,
    blocked,
    tokenFormat,
    strictTokens,
    scenario,
    scenarios,
    refusedCall,
    knownValidationsOnly,
    journalSize,
    logLevel,
    logFormat,
    ...unread
  } = options;
  unread satisfies AllRead;
  const credentials =
    host === undefined || isLoopback(host)
      ? undefined
      : { user: admin.user, password: admin.password ?? random.text(PASSWORD_LENGTH) };

  const startedAt = systemTime();
  const metrics = processMetrics(VERSION, startedAt);
  const jwt = tokenFormat === 'jwt' ? jwtTokens(store) : undefined;
  const simulator = await createSimulator({
    store,
    random,
    tokenFormat: jwt?.format ?? opaqueTokens,
    clients,
    journalSize,
    scenarios: typeof scenarios === 'function' ? scenarios : () => scenarios,
    scenario,
    rules: { strictTokens, knownValidationsOnly },
    onError: (error) => logFault(app.log, error),
  });
  let browserUrl = '';
  let media: OpenMediaPorts | undefined;
  let url = '';
  const app = await createServer({
    simulator,
    random,
    tickets: tickets<PageTicket>(store, random),
    access: { origins: admin.origins, credentials },
    blocking: blocked,
    refusedCall,
    browserUrl: () => browserUrl,
    mediaPorts: () => media,
    backendUrl: () => url,
    log: { level: logLevel, format: logFormat },
    keys: jwt?.keys,
    trustProxy,
    about: {
      version: VERSION,
      instanceId: random.text(12),
      startedAt,
      realTime: systemTime,
      metrics: metrics.text,
    },
    metrics,
    speaksHttp2: Boolean(https),
  });
  await app.ready();
  const tls = await identityFor({ https, host, browserUrl: givenBrowserUrl });
  const listening = await listen(app.routing, host, port, tls);
  if (mediaPorts !== false) {
    const { openMediaPorts } = await import('./media/ports.ts');
    media = await openMediaPorts(host, mediaPorts === true ? MEDIA_PORTS : mediaPorts, tls).catch(
      async (error) => {
        await Promise.all([listening.close(), app.close()]);
        simulator.close();
        throw error;
      },
    );
  }

  const close = async () => {
    const closed = Promise.all([listening.close(), media?.close()]);
    await app.close();
    await closed;
    simulator.close();
    app.log.info('stopped');
  };
  const reachable = reachableHost(host);
  url = `http://${reachable}:${listening.port}`;
  const browserHost =
    host === undefined || isLoopback(host) || reachable === '127.0.0.1' ? 'videocall.localhost' : reachable;
  browserUrl = givenBrowserUrl ?? `http://${browserHost}:${listening.port}`;
  app.log.info(`listening on ${url}`);
  return {
    url,
    browserUrl,
    ...(tls !== undefined && {
      https: {
        url: overProtocol('https', url),
        browserUrl: overProtocol('https', browserUrl),
        ...('ca' in tls && { ca: tls.ca }),
      },
    }),
    ...(media !== undefined && { mediaPorts: { tcp: media.tcp, udp: media.udp } }),
    adminUrl: `${url}${ADMIN}`,
    demoUrl: `http://${isLoopback(reachable) ? 'localhost' : reachable}:${listening.port}${DEMO}`,
    consoleUrl: `${url}${CONSOLE}`,
    adminCredentials: credentials,
    log: {
      info: (line) => app.log.info(line),
      warn: (line) => app.log.warn(line),
      failure: (error) => void logFailure(app.log, error),
    },
    close,
  };
}
