import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { RequestListener } from 'node:http';
import { connect, isIPv6 } from 'node:net';
import type { MediaPorts } from '../../service/port-probes.ts';
import { clearTimeout, setTimeout } from '../../system/timers.ts';
import { CannotListen, isIpv6Unavailable, listen, toHosts } from '../listen.ts';
import type { TlsIdentity } from '../tls.ts';
import { createBindingAnswer, createBindingRequest, isAnswerTo } from './stun.ts';

/** The ports of guide 6.2. There is no video behind them: they only answer, to show that they are reachable. */

/** Ports that are open. */
export interface OpenMediaPorts extends MediaPorts {
  close(): Promise<void>;
}

const PROBE_TIMEOUT_MS = 2_000;

/** A page can probe TCP only by HTTP. */
const sendProbeAnswer: RequestListener = (_request, response) => {
  response.writeHead(204, { 'access-control-allow-origin': '*', 'cache-control': 'no-store' }).end();
};

function openUdp(host: string, port: number): Promise<Socket> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('message', (packet, sender) => {
    const answer = createBindingAnswer(packet, sender);
    // A client that cannot be reached retries, or is gone.
    if (answer !== undefined) socket.send(answer, sender.port, sender.address, () => {});
  });
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ port, address: host, exclusive: true }, () => {
      socket.off('error', reject);
      socket.on('error', () => {});
      resolve(socket);
    });
  });
}

/** Answers UDP on each of `hosts`, all on the port that the first one gets. */
async function openUdpOn(hosts: readonly string[], port: number): Promise<Socket[]> {
  const open: Socket[] = [];
  for (const host of hosts) {
    try {
      open.push(await openUdp(host, open[0]?.address().port ?? port));
    } catch (error) {
      if (open.length > 0 && isIpv6Unavailable(error)) continue;
      for (const socket of open) socket.close();
      throw error;
    }
  }
  return open;
}

const createPortError = (port: string, cause: unknown) =>
  new CannotListen(
    `media port ${port} cannot be used (${(cause as NodeJS.ErrnoException).code}); does another simulator use it?`,
    { cause },
  );

/**
 * Opens both ports on `host`, or on the loopback addresses of both families.
 *
 * @param ports 0 chooses a free one
 * @param tls the TLS identity, to answer TLS on the TCP port as well
 * @throws {CannotListen}
 */
export async function openMediaPorts(
  host: string | undefined,
  { tcp, udp }: MediaPorts,
  tls?: TlsIdentity,
): Promise<OpenMediaPorts> {
  const tcpListener = await listen(host, tcp, tls).catch((error) => {
    throw createPortError(`TCP/${tcp}`, (error as Error).cause ?? error);
  });
  tcpListener.serve(sendProbeAnswer);
  const sockets = await openUdpOn(toHosts(host), udp).catch(async (error) => {
    await tcpListener.close();
    throw createPortError(`UDP/${udp}`, error);
  });
  return {
    tcp: tcpListener.port,
    udp: sockets[0]?.address().port ?? udp,
    async close() {
      await Promise.all([
        tcpListener.close(),
        ...sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      ]);
    },
  };
}

const canReachTcp = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PROBE_TIMEOUT_MS });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });

const canReachUdp = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const request = createBindingRequest(randomBytes(12));
    const end = (reached: boolean) => {
      clearTimeout(timer);
      socket
        .off('message', onMessage)
        .once('close', () => resolve(reached))
        .close();
    };
    const onMessage = (packet: Buffer) => {
      if (isAnswerTo(request, packet)) end(true);
    };
    const timer = setTimeout(end, PROBE_TIMEOUT_MS, false);
    socket.once('error', () => end(false));
    socket.on('message', onMessage);
    socket.send(request, port, host);
  });

/** The ports that cannot be reached on `host`, for example `TCP/4443`. */
export async function findUnreachablePorts(host: string, { tcp, udp }: MediaPorts): Promise<string[]> {
  const [hasTcp, hasUdp] = await Promise.all([canReachTcp(host, tcp), canReachUdp(host, udp)]);
  return [...(hasTcp ? [] : [`TCP/${tcp}`]), ...(hasUdp ? [] : [`UDP/${udp}`])];
}
