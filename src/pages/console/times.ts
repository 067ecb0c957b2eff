import type { ConsoleParts } from './messages.ts';

/** The virtual time of a client, in milliseconds since 1970. */
export type ReadTime = (clientId: string) => number;

/** Reads the time of each client: one with its own clock may differ from the others. */
export function createTimeReader({ clock, clients = [] }: Partial<ConsoleParts>): ReadTime {
  if (clock === undefined) return () => 0;
  const commonTime = Date.parse(clock.now);
  const real = commonTime - clock.offsetMs;
  const own = new Map(
    clients.flatMap(({ client_id: id, clock: its }) =>
      its === null
        ? []
        : [[id, 'frozen_at' in its ? Date.parse(its.frozen_at) : real + its.offset_ms] as const],
    ),
  );
  return (clientId) => own.get(clientId) ?? commonTime;
}
