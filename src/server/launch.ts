// What only some ask for is imported where they do, or everybody would wait for it.
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { type Client, SANDBOX_CLIENT } from '../domain/client.ts';
import type { Scenario } from '../domain/scenario.ts';
import { MEDIA_PORTS } from '../guide/ports.ts';
import type { Blocking, LogFormat, LogLevel, RefusedCall, TokenFormatName } from '../options/choices.ts';
import { SHIPPED_SCENARIOS } from '../options/shipped-scenarios.ts';
import { isStore, SETTINGS } from '../options/table.ts';
import type { PageTicket } from '../service/call.ts';
import type { MediaPorts } from '../service/port-probes.ts';
import { clients as clientsIn } from '../simulator/clients.ts';
import { createSimulator, type Simulator } from '../simulator/simulator.ts';
import { memoryStore } from '../store/memory.ts';
import { type Store, StoreUnavailable } from '../store/store.ts';
import { systemTime } from '../system/clock.ts';
import { VERSION } from '../system/package.ts';
import { type Random, systemRandom } from '../system/random.ts';
import { jwtTokens, opaqueTokens, tickets } from '../system/signing.ts';
import { hostOf, isLoopback, namesOf } from './address.ts';
import { addressesOf, type ServerAddresses } from './addresses.ts';
import type { LocallyCertified } from './certificate.ts';
import { logFailure, logUnexpected } from './failure.ts';
import { createServer } from './fastify.ts';
import { type Listening, listen } from './listen.ts';
import { createLogger } from './log.ts';
import type { OpenMediaPorts } from './media/ports.ts';
import { processMetrics } from './metrics.ts';
import { TIMEOUTS_MS, type Timeouts } from './timeouts.ts';
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

/** A simulator that answers. */
export interface Launched extends ServerAddresses {
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
const USUAL_CLIENTS = [SANDBOX_CLIENT];

/** The store that is asked for by its address. */
async function openStore(address: string, options: MockOptions, random: Random, log: Logger): Promise<Store> {
  if (!isStore(address)) throw new StoreUnavailable('store: neither memory nor the address of a Redis');
  if (address === 'memory') return memoryStore(systemTime);
  const { redisStore } = await import('../store/redis/redis-store.ts');
  return redisStore({
    url: address,
    prefix: options.storePrefix ?? SETTINGS['store-prefix'].default,
    tell: (line) => log.warn(line),
    // As nobody was left to be overwritten, the clients can be as they were at the start.
    refill: (store) => clientsIn(store, random).seed(options.clients ?? USUAL_CLIENTS),
  });
}

/** What a simulator has open, as far as its start has come. */
interface Running {
  ownStore?: Store;
  sockets?: Listening;
  media?: OpenMediaPorts;
  simulator?: Simulator;
  app?: FastifyInstance;
}

async function close({ ownStore, sockets, media, simulator, app }: Running): Promise<void> {
  // Streams end with the app, and the sockets wait for them; no new connection may come meanwhile.
  const closed = Promise.all([sockets?.close(), media?.close()]);
  await app?.close();
  await closed;
  simulator?.close();
  await ownStore?.close();
}

/**
 * Starts a simulator in this process.
 *
 * @param timeouts when slow clients are disconnected
 * @throws {CannotListen} the port or address cannot be had
 * @throws {StoreUnavailable} the store cannot be reached within a few seconds
 */
export async function launch(options: MockOptions, timeouts = TIMEOUTS_MS): Promise<Launched> {
  const random = systemRandom(options.randomSeed);
  const log = createLogger({ level: options.logLevel ?? 'warn', format: options.logFormat ?? 'text' });
  const { store: given = 'memory' } = options;
  const running: Running = {};
  try {
    const store = typeof given === 'object' ? given : await openStore(given, options, random, log);
    if (store !== given) running.ownStore = store;
    const launched = await startOn({ store, random, log, options, running, timeouts });
    return {
      ...launched,
      async close() {
        await close(running);
        log.info('stopped');
      },
    };
  } catch (error) {
    await close(running);
    throw error;
  }
}

/** As whom the simulator speaks TLS, if it should. */
async function identityFor({
  https = false,
  host,
  browserUrl,
}: MockOptions): Promise<TlsIdentity | LocallyCertified | undefined> {
  if (typeof https === 'object') return https;
  if (!https) return undefined;
  const names = [
    ...(host === undefined ? [] : namesOf(host)),
    ...(browserUrl === undefined ? [] : [hostOf(browserUrl)]),
  ];
  const { ownCertificate } = await import('./certificate.ts');
  return ownCertificate(names, systemTime());
}

/** The sockets of a simulator, and its addresses, which follow from them. */
async function bind(options: MockOptions, running: Running, timeouts: Timeouts) {
  const { host, port = 0, browserUrl, mediaPorts = false } = options;
  const tls = await identityFor(options);
  const sockets = await listen(host, port, tls, timeouts);
  running.sockets = sockets;
  if (mediaPorts !== false) {
    const { openMediaPorts } = await import('./media/ports.ts');
    running.media = await openMediaPorts(host, mediaPorts === true ? MEDIA_PORTS : mediaPorts, tls);
  }
  const bound = { host, port: sockets.port, browserUrl, tls, mediaPorts: running.media };
  return { sockets, addresses: addressesOf(bound) };
}

interface Starting {
  readonly store: Store;
  readonly random: Random;
  readonly log: Logger;
  readonly options: MockOptions;
  readonly timeouts: Timeouts;
  /** Everything that is opened is added to it at once. */
  readonly running: Running;
}

async function startOn({
  store,
  random,
  log,
  options,
  running,
  timeouts,
}: Starting): Promise<Omit<Launched, 'close'>> {
  const { host, clients = USUAL_CLIENTS, scenario = 'happy' } = options;
  const scenarios = options.scenarios ?? SHIPPED_SCENARIOS;
  const admin = options.admin ?? { user: 'admin', origins: [] };
  const credentials =
    host === undefined || isLoopback(host)
      ? undefined
      : { user: admin.user, password: admin.password ?? random.text(PASSWORD_LENGTH) };

  const { sockets, addresses } = await bind(options, running, timeouts);
  const startedAt = systemTime();
  const metrics = processMetrics(VERSION, startedAt);
  const jwt = options.tokenFormat === 'jwt' ? jwtTokens(store) : undefined;
  const simulator = await createSimulator({
    store,
    random,
    tokenFormat: jwt?.format ?? opaqueTokens,
    clients,
    journalSize: options.journalSize ?? SETTINGS['journal-size'].default,
    scenarios: typeof scenarios === 'function' ? scenarios : () => scenarios,
    scenario,
    rules: {
      strictTokens: options.strictTokens ?? false,
      knownValidationsOnly: options.knownValidationsOnly ?? false,
    },
    onError: (error) => logUnexpected(log, error),
  });
  running.simulator = simulator;
  const app = await createServer({
    simulator,
    random,
    addresses,
    log,
    tickets: tickets<PageTicket>(store, random),
    access: { origins: admin.origins, credentials },
    blocking: options.blocked ?? 'forbidden',
    refusedCall: options.refusedCall ?? 'forbidden',
    keys: jwt?.keys,
    trustProxy: options.trustProxy ?? [],
    about: {
      version: VERSION,
      instanceId: random.text(12),
      startedAt,
      realTime: systemTime,
      metrics: metrics.text,
    },
    metrics,
    speaksHttp2: Boolean(options.https),
  });
  running.app = app;
  await app.ready();
  sockets.serve(app.routing);
  log.info(`listening on ${addresses.url}`);
  return {
    ...addresses,
    adminCredentials: credentials,
    log: {
      info: (line) => log.info(line),
      warn: (line) => log.warn(line),
      failure: (error) => void logFailure(log, error),
    },
  };
}
