// What only some ask for is imported where they do, or everybody would wait for it.

import { ADMIN, CONSOLE, DEMO } from '../control/schema/paths.ts';
import { MEDIA_PORTS } from '../guide/ports.ts';
import type { Addresses } from '../library/scope.ts';
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
import type { MockOptions } from './mock-options.ts';
import { logFault } from './store-unavailable.ts';
import type { TlsIdentity } from './tls.ts';

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
