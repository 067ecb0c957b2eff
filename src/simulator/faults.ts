import { type ArmedFault, type ArmedFaults, type Fault, MAX_FAULTS } from '../domain/fault.ts';
import type { Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import { decide, decideFor, putRecord } from './decide.ts';
import { ALL_CLIENTS, faultsRef } from './refs.ts';

const ID_LENGTH = 12;

/** A fault, and the client it applies to; empty when it applies to all. */
export interface FaultView {
  readonly clientId: string;
  readonly fault: ArmedFault;
}

const toFaultViews = ({ clientId, armed }: ArmedFaults): FaultView[] =>
  armed.map((fault) => ({ clientId, fault }));

/** Arms, lists and removes faults. */
export function createFaults(store: Store, random: Random) {
  const list = async (clientId?: string): Promise<FaultView[]> =>
    (await store.list('faults', clientId)).flatMap(({ value }) => toFaultViews(value));

  return {
    /** Every fault, used up or not; of one client, if named. */
    list,

    /** Arms a fault for the requests of a client, or of all; undefined when there is no such client. */
    arm(given: Omit<Fault, 'id'>, clientId = ALL_CLIENTS): Promise<FaultView | 'too many' | undefined> {
      const fault: ArmedFault = { ...given, id: random.text(ID_LENGTH), met: 0, struck: 0 };
      return decideFor(store, clientId, faultsRef(clientId), (own) => {
        const before = own?.armed ?? [];
        if (before.length >= MAX_FAULTS) return { result: 'too many' };
        return { value: { clientId, armed: [...before, fault] }, result: { clientId, fault } };
      });
    },

    /** Arms a fault under an id of its own. One that is armed already keeps its counters: another instance has armed it. */
    async seed(fault: Fault, clientId = ALL_CLIENTS): Promise<void> {
      await decideFor(store, clientId, faultsRef(clientId), (own) => {
        const before = own?.armed ?? [];
        const known = before.find(({ id }) => id === fault.id);
        const armed: ArmedFault = { ...fault, met: known?.met ?? 0, struck: known?.struck ?? 0 };
        const all =
          known === undefined ? [...before, armed] : before.map((one) => (one === known ? armed : one));
        return { value: { clientId, armed: all }, result: undefined };
      });
    },

    /** Removes a fault; false when there is none of that id, or it belongs to another client. */
    async disarm(id: string, clientId?: string): Promise<boolean> {
      const owner = (await list(clientId)).find(({ fault }) => fault.id === id)?.clientId;
      if (owner === undefined) return false;
      return decide(store, [faultsRef(owner)], ({ found: [own] }) => {
        const armed = own?.value.armed.filter((one) => one.id !== id) ?? [];
        if (own === undefined || armed.length === own.value.armed.length) return { result: false };
        return {
          changes: [putRecord(faultsRef(owner), own, owner, { clientId: owner, armed })],
          result: true,
        };
      });
    },
  };
}
