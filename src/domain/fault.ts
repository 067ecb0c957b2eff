import type { Ms } from './time.ts';

/** What a fault can be armed on. */
export const ENDPOINTS = ['token', 'revoke', 'call'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** Every kind of fault, and what it acts on: the connection, which then brings no answer, or the answer. */
const ACTS_ON = {
  reset: 'connection',
  hang: 'connection',
  empty: 'answer',
  malformed: 'answer',
  'wrong-content-type': 'answer',
} as const satisfies Record<string, 'connection' | 'answer'>;

export type FaultKind = keyof typeof ACTS_ON;

export const FAULT_KINDS = Object.keys(ACTS_ON) as FaultKind[];

type KindActingOn<Target> = {
  [K in FaultKind]: (typeof ACTS_ON)[K] extends Target ? K : never;
}[FaultKind];

/** How a connection ends on which no answer is given. */
export type ConnectionFault = KindActingOn<'connection'>;

/** How an answer is given otherwise than it should. */
export type Spoilt = KindActingOn<'answer'>;

export const isConnectionFault = (kind: FaultKind | undefined): kind is ConnectionFault =>
  kind !== undefined && ACTS_ON[kind] === 'connection';

/** A failure that is to happen to requests of one client, or of all. */
export interface Fault {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** The status that is answered in the service's place, which then never hears of the request. */
  readonly status?: number;
  /** Seconds of a `Retry-After` beside that status. RFC 9110, 10.2.3. */
  readonly retryAfter?: number;
  /** How long the answer is held back, in real time: the shortest and the longest. */
  readonly latency?: readonly [Ms, Ms];
  readonly kind?: FaultKind;
  /** How many requests pass before the first one is struck. */
  readonly after: number;
  /** How many requests are struck; without it all that come. */
  readonly times?: number;
}

/** A fault with what has come its way. */
export interface ArmedFault extends Fault {
  /** Requests that it might have struck, struck or not. */
  readonly met: number;
  readonly struck: number;
}

/** The faults of one client, or of all, the first armed first. */
export interface ArmedFaults {
  readonly clientId: string;
  readonly armed: readonly ArmedFault[];
}

const canStrike = ({ after, times, met, struck }: ArmedFault): boolean =>
  met >= after && (times === undefined || struck < times);

/** The fault that strikes a request to `endpoint`, and how all stand after it. The first that can strikes alone. */
export function strike(
  all: readonly ArmedFault[],
  endpoint: Endpoint,
): { readonly armed: readonly ArmedFault[]; readonly striking?: ArmedFault } {
  const striking = all.find((one) => one.endpoint === endpoint && canStrike(one));
  const armed = all.map((one) =>
    one.endpoint === endpoint
      ? { ...one, met: one.met + 1, struck: one.struck + (one === striking ? 1 : 0) }
      : one,
  );
  return { armed, ...(striking !== undefined && { striking }) };
}

/** What a fault does to a request, in words. */
export function describeFault({ status, kind, latency }: Fault): string {
  const parts = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(kind === undefined ? [] : [kind]),
    ...(latency === undefined
      ? []
      : [latency[0] === latency[1] ? `${latency[0]} ms late` : `${latency[0]} to ${latency[1]} ms late`]),
  ];
  return parts.join(', ');
}
