import type { PortProbe } from '../pages/call/messages.ts';

/** The ports for video, if they are open. Guide 6.2. */
export interface MediaPorts {
  readonly tcp: number;
  readonly udp: number;
}

/**
 * How a page at `host` probes the media ports.
 *
 * @internal
 */
export function createPortProbes(host: string, { tcp, udp }: MediaPorts): PortProbe[] {
  const name = host.replace(/:\d+$/, '');
  // Firefox resolves names by the network's DNS, which has no `*.localhost`.
  const address = name.endsWith('localhost') ? '127.0.0.1' : name;
  return [
    { name: `TCP ${tcp}`, url: `//${name}:${tcp}/` },
    { name: `UDP ${udp}`, stun: `stun:${address}:${udp}` },
  ];
}
