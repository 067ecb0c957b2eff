import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import type { RequestListener } from 'node:http';
import { connect, isIPv6 } from 'node:net';
import { clearTimeout, setTimeout } from 'node:timers';
import type { MediaPorts } from '../../service/port-probes.ts';
import { CannotListen, hostsOf, isWithoutIpv6, listen } from '../listen.ts';
import type { TlsIdentity } from '../tls.ts';
import { bindingAnswer, bindingRequest, isAnswerTo } from './stun.ts';

/** The ports of guide 6.2, behind which nothing is but an answer: they can be reached, or they cannot. */

/** Ports that are open. */
export interface OpenMediaPorts extends MediaPorts {
  close(): Promise<void>;
}

const PATIENCE_MS = 2_000;

/** Over TCP a page can ask only by HTTP whether anybody is there. */
const answerPage: RequestListener = (_request, response) => {
  response.writeHead(204, { 'access-control-allow-origin': '*', 'cache-control': 'no-store' }).end();
};

function openUdp(host: string, port: number): Promise<Socket> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('message', (packet, sender) => {
    const answer = bindingAnswer(packet, sender);
    // Who cannot be answered asks again, or is gone.
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

/** Lets UDP answer on each of `hosts`, all on the port that the first one gets. */
async function openUdpOn(hosts: readonly string[], port: number): Promise<Socket[]> {
  const open: Socket[] = [];
  for (const host of hosts) {
    try {
      open.push(await openUdp(host, open[0]?.address().port ?? port));
    } catch (error) {
      if (open.length > 0 && isWithoutIpv6(error)) continue;
      for (const socket of open) socket.close();
      throw error;
    }
  }
  return open;
}

const notHad = (port: string, cause: unknown) =>
  new CannotListen(
    `media port ${port} cannot be had (${(cause as NodeJS.ErrnoException).code}); does another simulator have it?`,
    { cause },
  );

/**
 * Opens both ports on `host`, or on this machine's own addresses of both families.
 *
 * @param ports 0 stands for a free one
 * @param tls as whom TCP answers over TLS as well
 * @throws {CannotListen}
 */
export async function openMediaPorts(
  host: string | undefined,
  { tcp, udp }: MediaPorts,
  tls?: TlsIdentity,
): Promise<OpenMediaPorts> {
  const answering = await listen(host, tcp, tls).catch((error) => {
    throw notHad(`TCP/${tcp}`, (error as Error).cause);
  });
  answering.serve(answerPage);
  const sockets = await openUdpOn(hostsOf(host), udp).catch(async (error) => {
    await answering.close();
    throw notHad(`UDP/${udp}`, error);
  });
  return {
    tcp: answering.port,
    udp: sockets[0]?.address().port ?? udp,
    async close() {
      await Promise.all([
        answering.close(),
        ...sockets.map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))),
      ]);
    },
  };
}

const reachesTcp = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: PATIENCE_MS });
    const end = (reached: boolean) => {
      socket.destroy();
      resolve(reached);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(false));
    socket.once('error', () => end(false));
  });

const reachesUdp = (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    const request = bindingRequest(randomBytes(12));
    const end = (reached: boolean) => {
      clearTimeout(timer);
      socket
        .off('message', hear)
        .once('close', () => resolve(reached))
        .close();
    };
    const hear = (packet: Buffer) => {
      if (isAnswerTo(request, packet)) end(true);
    };
    const timer = setTimeout(end, PATIENCE_MS, false);
    socket.once('error', () => end(false));
    socket.on('message', hear);
    socket.send(request, port, host);
  });

/** Which of the ports cannot be reached on `host`, as in `TCP/4443`. */
export async function unreachable(host: string, { tcp, udp }: MediaPorts): Promise<string[]> {
  const [overTcp, overUdp] = await Promise.all([reachesTcp(host, tcp), reachesUdp(host, udp)]);
  return [...(overTcp ? [] : [`TCP/${tcp}`]), ...(overUdp ? [] : [`UDP/${udp}`])];
}
