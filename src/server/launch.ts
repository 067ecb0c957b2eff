// Optional parts are imported where they are needed, so that every start stays fast.

import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { PROFILE, toProfile } from '../control/schema/profile-format.ts';
import { type AnswerProfile, EARLY_2021 } from '../domain/answer-profile.ts';
import { MEDIA_PORTS } from '../guide/ports.ts';
import { resolve } from '../options/resolve.ts';
import type { AllRead } from '../options/table.ts';
import type { PageTicket } from '../service/call.ts';
import { createAnswers } from '../service/django/answer.ts';
import { createMistakeLog } from '../service/mistake-log.ts';
import { createSimulator, type Simulator } from '../simulator/simulator.ts';
import type { Store } from '../store/store.ts';
import { systemTime } from '../system/clock.ts';
import { VERSION } from '../system/package.ts';
import { createRandom, type Random } from '../system/random.ts';
import { createJwtTokens, createTickets, opaqueTokenFormat } from '../system/signing.ts';
import { withRealMicrotasks } from '../system/timers.ts';
import { getHostname, isLoopback, listHostNames } from './address.ts';
import { computeAddresses, type ServerAddresses } from './addresses.ts';
import type { LocalCertificate } from './certificate.ts';
import { logFailure, logUnexpected } from './failure.ts';
import { createServer, type ServerOptions } from './fastify.ts';
import { listen, type PortListener } from './listen.ts';
import { createLogger } from './log.ts';
import type { OpenMediaPorts } from './media/ports.ts';
import { createMetrics } from './metrics.ts';
import type { LaunchOptions } from './mock-options.ts';
import { openStore, type ResolvedOptions } from './open-store.ts';
import { TIMEOUTS_MS, type Timeouts } from './timeouts.ts';
import type { TlsIdentity } from './tls.ts';

/** A running simulator. */
export interface LaunchedMock extends ServerAddresses {
  /** The credentials of the control API, if it requires any. */
  readonly adminCredentials?: { readonly user: string; readonly password: string } | undefined;
  /** Its log, for other messages. */
  readonly log: {
    info(line: string): void;
    warn(line: string): void;
    /** Logs an uncaught error, with an id to refer to. */
    failure(error: unknown): void;
  };
  /** Who else uses its store, if others did when it started. */
  readonly sharedWith?: string | undefined;
  /** Resets open pages, ends all connections and frees the port. */
  close(): Promise<void>;
}

const PASSWORD_LENGTH = 24;

/** The answer profile in a file; by default the built-in one. */
async function loadProfile(file: string | undefined): Promise<AnswerProfile> {
  if (file === undefined) return EARLY_2021;
  const { readYaml } = await import('../options/yaml/file.ts');
  return toProfile(readYaml(file, PROFILE).document);
}

/** What a simulator has opened so far while it starts. */
interface OpenResources {
  ownStore?: Store;
  sockets?: PortListener;
  media?: OpenMediaPorts;
  simulator?: Simulator;
  app?: FastifyInstance;
}

async function close({ ownStore, sockets, media, simulator, app }: OpenResources): Promise<void> {
  // Streams end with the app, and the sockets wait for them. No new connection may come in between.
  const closed = Promise.all([sockets?.close(), media?.close()]);
  await withRealMicrotasks(async () => app?.close());
  await closed;
  simulator?.close();
  await ownStore?.close();
}

/**
 * Starts a simulator in this process.
 *
 * @throws {CannotListen} the port or address cannot be bound
 * @throws {StoreUnavailable} the store cannot be reached within a few seconds
 */
export async function launch(given: LaunchOptions, timeouts = TIMEOUTS_MS): Promise<LaunchedMock> {
  const {
    store: place,
    storePrefix,
    randomSeed,
    logLevel,
    logFormat,
    profile: profileFile,
    ...others
  } = resolve('library', given);
  const profile = await loadProfile(profileFile);
  const clients = others.clients.map((client) => ({ expiresIn: profile.expiresIn, ...client }));
  const options = { ...others, clients, profile };
  const random = createRandom(randomSeed);
  const log = createLogger({ level: logLevel, format: logFormat });
  const running: OpenResources = {};
  let sharedWith: string | undefined;
  const onShared = (line: string) => {
    sharedWith = line;
    log.info(line);
  };
  try {
    const store =
      typeof place === 'object'
        ? place
        : await openStore(place, storePrefix, { randomSeed, ...options }, random, log, onShared);
    if (store !== place) running.ownStore = store;
    const launched = await startWithStore({ store, random, log, options, running, timeouts });
    let closing: Promise<void> | undefined;
    return {
      ...launched,
      sharedWith,
      close() {
        closing ??= close(running).then(() => log.info('stopped'));
        return closing;
      },
    };
  } catch (error) {
    await close(running);
    throw error;
  }
}

/** The TLS identity of the simulator, if TLS is wanted. */
async function resolveTlsIdentity(
  { https, host, browserUrl }: Pick<ResolvedOptions, 'https' | 'host' | 'browserUrl'>,
  log: Logger,
): Promise<TlsIdentity | LocalCertificate | undefined> {
  if (typeof https === 'object') return https;
  if (!https) return undefined;
  const names = [
    ...(host === undefined ? [] : listHostNames(host)),
    ...(browserUrl === undefined ? [] : [getHostname(browserUrl)]),
  ];
  const { ensureUserCertificate } = await import('./certificate.ts');
  return ensureUserCertificate(names, systemTime(), (message) => log.warn(message));
}

type BindOptions = Pick<ResolvedOptions, 'https' | 'host' | 'port' | 'browserUrl' | 'mediaPorts'>;

/** The bound sockets of a simulator, and the addresses that follow from them. */
async function bind(
  { mediaPorts, ...place }: BindOptions,
  { log, running, timeouts }: Pick<StartContext, 'log' | 'running' | 'timeouts'>,
) {
  const { host, port, browserUrl } = place;
  const tls = await resolveTlsIdentity(place, log);
  const sockets = await listen(host, port, tls, timeouts);
  running.sockets = sockets;
  if (mediaPorts !== false) {
    const { openMediaPorts } = await import('./media/ports.ts');
    running.media = await openMediaPorts(host, mediaPorts === true ? MEDIA_PORTS : mediaPorts, tls);
  }
  const bound = { host, port: sockets.port, browserUrl, tls, mediaPorts: running.media };
  const ca = tls !== undefined && 'ca' in tls ? tls.ca : undefined;
  return { sockets, ca, addresses: computeAddresses(bound) };
}

interface StartContext {
  readonly store: Store;
  readonly random: Random;
  readonly log: Logger;
  readonly options: Omit<
    ResolvedOptions,
    'store' | 'storePrefix' | 'randomSeed' | 'logLevel' | 'logFormat' | 'profile'
  > & { readonly profile: AnswerProfile };
  readonly timeouts: Timeouts;
  /** Whatever is opened is added at once, so that a failing start closes it. */
  readonly running: OpenResources;
}

async function startWithStore(starting: StartContext): Promise<Omit<LaunchedMock, 'close'>> {
  const { store, random, log, running } = starting;
  const {
    port,
    host,
    https,
    browserUrl,
    mediaPorts,
    trustProxy,
    admin,
    clients,
    faults,
    validations,
    coverageIgnore,
    blocked,
    tokenFormat,
    strictTokens,
    scenario,
    scenarios,
    profile,
    refusedCall,
    knownValidationsOnly,
    journalSize,
    ...unread
  } = starting.options;
  unread satisfies AllRead;
  const isLocal = host === undefined || isLoopback(host);
  const password = admin.password ?? (isLocal ? undefined : random.text(PASSWORD_LENGTH));
  const credentials = password === undefined ? undefined : { user: admin.user, password };

  const place = { https, host, port, browserUrl, mediaPorts };
  const { sockets, ca, addresses } = await bind(place, starting);
  const startedAt = systemTime();
  const metrics = createMetrics(VERSION, startedAt);
  const jwt = tokenFormat === 'jwt' ? createJwtTokens(store) : undefined;
  const mistakeLog = log.isLevelEnabled('warn')
    ? createMistakeLog(log, addresses.consoleUrl, systemTime)
    : undefined;
  const simulator = await createSimulator({
    store,
    random,
    tokenFormat: jwt?.format ?? opaqueTokenFormat,
    profile,
    clients,
    faults,
    validations,
    coverageIgnore,
    journalSize,
    scenarios: typeof scenarios === 'function' ? scenarios : () => scenarios,
    scenario,
    rules: { strictTokens, knownValidationsOnly },
    onError: (error) => logUnexpected(log, error),
    onFinding: mistakeLog?.logFinding,
  });
  running.simulator = simulator;
  const appOptions: ServerOptions = {
    simulator,
    random,
    addresses,
    log,
    tickets: createTickets<PageTicket>(store, random),
    access: { origins: admin.origins, credentials, isLocal },
    blocking: blocked,
    answers: createAnswers(profile),
    refusedCall,
    publicKeys: jwt?.keys,
    trustProxy,
    about: {
      version: VERSION,
      profile: profile.name,
      instanceId: random.text(12),
      startedAt,
      realTime: systemTime,
      metrics: metrics.format,
      ca,
    },
    metrics,
    mistakeLog,
    hasHttp2: Boolean(https),
  };
  const { app, onUnreadable } = await withRealMicrotasks(async () => {
    const built = await createServer(appOptions);
    running.app = built.app;
    await built.app.ready();
    return built;
  });
  sockets.serve(app.routing, onUnreadable);
  log.info(`listening on ${addresses.url}`);
  return {
    ...addresses,
    adminCredentials: isLocal ? undefined : credentials,
    log: {
      info: (line) => log.info(line),
      warn: (line) => log.warn(line),
      failure: (error) => void logFailure(log, error),
    },
  };
}
