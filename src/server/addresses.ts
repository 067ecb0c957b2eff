import { ADMIN, CONSOLE, DEMO } from '../control/schema/paths.ts';
import { withProtocol } from '../service/call-origins.ts';
import type { MediaPorts } from '../service/port-probes.ts';
import { isLoopback, toReachableHost } from './address.ts';
import type { LocalCertificate } from './certificate.ts';
import type { TlsIdentity } from './tls.ts';

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

/** Addresses of a simulator over TLS. */
export interface Secure {
  readonly url: string;
  readonly browserUrl: string;
  /** File of the authority to trust (`NODE_EXTRA_CA_CERTS`), when it was generated here. */
  readonly ca?: string;
}

/** Every address of a simulator: known once its sockets are bound, and constant until it closes. */
export interface ServerAddresses extends Addresses {
  /** The same over TLS, if TLS is enabled. */
  readonly https?: Secure;
  /** The ports for video, if they are open. */
  readonly mediaPorts?: MediaPorts;
}

/** What the addresses are computed from. */
interface Bound {
  /** The host that is listened on; undefined means the loopback addresses. */
  readonly host: string | undefined;
  readonly port: number;
  /** Address for browsers, if it is not the default one. */
  readonly browserUrl: string | undefined;
  readonly tls: TlsIdentity | LocalCertificate | undefined;
  readonly mediaPorts: MediaPorts | undefined;
}

/** The addresses of a simulator whose sockets are bound. */
export function computeAddresses({ host, port, browserUrl: given, tls, mediaPorts }: Bound): ServerAddresses {
  const reachable = toReachableHost(host);
  const isLocal = host === undefined || isLoopback(host) || reachable === '127.0.0.1';
  const url = `http://${reachable}:${port}`;
  const browserUrl = given ?? `http://${isLocal ? 'videocall.localhost' : reachable}:${port}`;
  return Object.freeze({
    url,
    browserUrl,
    adminUrl: `${url}${ADMIN}`,
    demoUrl: `http://${isLoopback(reachable) ? 'localhost' : reachable}:${port}${DEMO}`,
    consoleUrl: `${url}${CONSOLE}`,
    ...(tls !== undefined && {
      https: {
        url: withProtocol('https', url),
        browserUrl: withProtocol('https', browserUrl),
        ...('caFile' in tls && { ca: tls.caFile }),
      },
    }),
    ...(mediaPorts !== undefined && { mediaPorts: { tcp: mediaPorts.tcp, udp: mediaPorts.udp } }),
  });
}
