import type { Ms } from './time.ts';

/** Endpoints on which faults can be armed. */
export const ENDPOINTS = ['token', 'revoke', 'call'] as const;
export type Endpoint = (typeof ENDPOINTS)[number];

/** Every kind of fault, and what it acts on: the connection, which is then not answered, or the answer. */
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

/** How a connection ends without an answer. */
export type ConnectionFault = KindActingOn<'connection'>;

/** How an answer is spoilt. */
export type AnswerFault = KindActingOn<'answer'>;

export const isConnectionFault = (kind: FaultKind | undefined): kind is ConnectionFault =>
  kind !== undefined && ACTS_ON[kind] === 'connection';

/** A failure for requests of one client, or of all. */
export interface Fault {
  readonly id: string;
  readonly endpoint: Endpoint;
  /** The status of an answer that replaces the service's; the service does not receive the request. */
  readonly status?: number;
  /** Seconds in a `Retry-After` header beside that status. RFC 9110, 10.2.3. */
  readonly retryAfter?: number;
  /** How long the answer is delayed, in real time: the shortest and the longest. */
  readonly latency?: readonly [Ms, Ms];
  readonly kind?: FaultKind;
  /** How many requests pass before the first one is affected. */
  readonly after: number;
  /** How many requests are affected; by default all. */
  readonly times?: number;
}

/** How many faults one client may have: every request is compared with all of them. */
export const MAX_FAULTS = 100;

/** A fault of the config file, for one client or for all. */
export interface ConfiguredFault extends Omit<Fault, 'id'> {
  readonly clientId?: string | undefined;
}

/** An armed fault with its counters. */
export interface ArmedFault extends Fault {
  /** Matching requests, affected or not. */
  readonly met: number;
  readonly struck: number;
}

/** The faults of one client, or of all, in the order in which they were armed. */
export interface ArmedFaults {
  readonly clientId: string;
  readonly armed: readonly ArmedFault[];
}

const canStrike = ({ after, times, met, struck }: ArmedFault): boolean =>
  met >= after && (times === undefined || struck < times);

/**
 * The fault for a request to `endpoint`, and all faults after it. Only the first that applies is used.
 *
 * @param isStruck whether another fault has been used for the request
 */
export function strike(
  all: readonly ArmedFault[],
  endpoint: Endpoint,
  isStruck = false,
): { readonly armed: readonly ArmedFault[]; readonly striking?: ArmedFault } {
  const striking = isStruck ? undefined : all.find((one) => one.endpoint === endpoint && canStrike(one));
  const armed = all.map((one) =>
    one.endpoint === endpoint
      ? { ...one, met: one.met + 1, struck: one.struck + (one === striking ? 1 : 0) }
      : one,
  );
  return { armed, ...(striking !== undefined && { striking }) };
}

/** Describes what a fault does to a request. */
export function describeFault({ status, kind, latency }: Fault): string {
  const parts = [
    ...(status === undefined ? [] : [`status ${status}`]),
    ...(kind === undefined ? [] : [kind]),
    ...(latency === undefined
      ? []
      : [
          latency[0] === latency[1]
            ? `delayed by ${latency[0]} ms`
            : `delayed by ${latency[0]} to ${latency[1]} ms`,
        ]),
  ];
  return parts.join(', ');
}
