/** Ports that clients and agents must be able to reach, besides that of the service itself. Guide 6.2. */
export const MEDIA_PORTS = { tcp: 4443, udp: 10_000 } as const;
