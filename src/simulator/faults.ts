import type { Armed, Fault, Faults } from '../domain/fault.ts';
import type { Random } from '../random.ts';
import type { Ref, Store } from '../store/store.ts';
import { decide, put, unchanged } from './decide.ts';
import { clientRef, EVERYONE, faultsRef } from './refs.ts';

const ID_LENGTH = 12;
/** Each request is held against all of them. */
export const MOST_FAULTS = 100;

/** A fault, and whose requests it strikes: empty where it strikes everybody's. */
export interface FaultView {
  readonly clientId: string;
  readonly fault: Armed;
}

const viewsOf = ({ clientId, armed }: Faults): FaultView[] => armed.map((fault) => ({ clientId, fault }));

/** The arming of faults. */
export function faults(store: Store, random: Random) {
  const list = async (clientId?: string): Promise<FaultView[]> =>
    (await store.list('faults', clientId)).flatMap(({ value }) => viewsOf(value));

  return {
    /** Every fault that is armed, used up or not; of one client, if named. */
    list,

    /** Arms a fault for the requests of a client, or of everybody. */
    arm(given: Omit<Fault, 'id'>, clientId = EVERYONE): Promise<FaultView | 'gone' | 'too many'> {
      const fault: Armed = { ...given, id: random.text(ID_LENGTH), met: 0, struck: 0 };
      return decide<[Ref<'faults'>, Ref<'client'>], FaultView | 'gone' | 'too many'>(
        store,
        [faultsRef(clientId), clientRef(clientId)],
        ({ found: [own, client] }) => {
          const before = own?.value.armed ?? [];
          if (client === undefined && clientId !== EVERYONE) return { result: 'gone' };
          if (before.length >= MOST_FAULTS) return { result: 'too many' };
          return {
            changes: [
              put(faultsRef(clientId), own, clientId, { clientId, armed: [...before, fault] }),
              unchanged(clientRef(clientId), client, clientId),
            ],
            result: { clientId, fault },
          };
        },
      );
    },

    /** Takes a fault away; false when there is none of that id, or it is not the named client's. */
    async disarm(id: string, clientId?: string): Promise<boolean> {
      const owner = (await list(clientId)).find(({ fault }) => fault.id === id)?.clientId;
      if (owner === undefined) return false;
      return decide<[Ref<'faults'>], boolean>(store, [faultsRef(owner)], ({ found: [own] }) => {
        const armed = own?.value.armed.filter((one) => one.id !== id) ?? [];
        if (own === undefined || armed.length === own.value.armed.length) return { result: false };
        return { changes: [put(faultsRef(owner), own, owner, { clientId: owner, armed })], result: true };
      });
    },
  };
}
