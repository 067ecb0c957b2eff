import type { Call } from '../domain/call.ts';
import type { Ref } from '../store/store.ts';

/** Identities of the simulator's records. Composite ones are JSON, so that two never collide. */

export const clientRef = (clientId: string): Ref<'client'> => ({ kind: 'client', id: clientId });
export const tokenRef = (accessToken: string): Ref<'token'> => ({ kind: 'token', id: accessToken });
export const callRef = (callId: string): Ref<'call'> => ({ kind: 'call', id: callId });
/** The presence of a call has the same identity as the call. */
export const presenceRef = (callId: string): Ref<'presence'> => ({ kind: 'presence', id: callId });

export const counterRef = (clientId: string): Ref<'counter'> => ({ kind: 'counter', id: clientId });

export const validationRef = (clientId: string, validationId: string): Ref<'validation'> => ({
  kind: 'validation',
  id: JSON.stringify([clientId, validationId]),
});

/** Faults armed for one client, or for all. */
export const faultsRef = (clientId: string): Ref<'faults'> => ({ kind: 'faults', id: clientId });

export const findingRef = (clientId: string, rule: string, seen: string): Ref<'finding'> => ({
  kind: 'finding',
  id: JSON.stringify([clientId, rule, seen]),
});

/** The coverage of one client, or of all. */
export const coverageRef = (clientId: string): Ref<'coverage'> => ({ kind: 'coverage', id: clientId });

export const scenarioRef = (clientId: string, name: string): Ref<'scenario'> => ({
  kind: 'scenario',
  id: JSON.stringify([clientId, name]),
});

export const toCallId = ({ clientId, validationId, n }: Pick<Call, 'clientId' | 'validationId' | 'n'>) =>
  JSON.stringify([clientId, validationId, n]);

/** Stands for all clients: the default clock, which every client follows until it has its own. */
export const ALL_CLIENTS = '';

export const clockRef = (clientId: string): Ref<'clock'> => ({ kind: 'clock', id: clientId });

/** Where a client's time is found: its own clock, then the default one. */
export const clockRefs = (clientId: string): readonly [Ref<'clock'>, Ref<'clock'>] => [
  clockRef(clientId),
  clockRef(ALL_CLIENTS),
];
