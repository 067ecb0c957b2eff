import {
  CLIENT_ID_RULE,
  CLIENT_KEYS,
  CLIENT_SECRET_RULE,
  ClientId,
  ClientSecret,
  toClient,
  type WrittenClient,
} from '../control/schema/client-format.ts';
import { findMismatches, type IsValid, type Mismatch } from '../control/schema/mismatch.ts';
import { type Client, createClientRecord } from '../domain/client.ts';
import type { Given } from './source.ts';

/** A client, and the sentence that blames one of its properties by the place where it was given. */
interface GivenClient {
  readonly client: Client;
  readonly blame: (property: 'clientId' | 'scenario', message: string) => string;
}

/** Clients as some source gives them, and what is wrong with the others. */
export interface GivenClients {
  readonly clients: readonly GivenClient[];
  readonly faults: readonly string[];
}

/** What is wrong with the two halves of ID:SECRET, in words that repeat neither. */
function pairFaults(id: string, secret: string | undefined): string[] {
  if (secret === undefined) return ['has no colon; give ID:SECRET'];
  const idFault = `the id before the first colon is not a client id; give ${CLIENT_ID_RULE}`;
  const secretFault = `the rest after the first colon is not a client secret; give ${CLIENT_SECRET_RULE}`;
  return [
    ...(findMismatches(ClientId, id).length > 0 ? [idFault] : []),
    ...(findMismatches(ClientSecret, secret).length > 0 ? [secretFault] : []),
  ];
}

/** The clients that texts like `ID:SECRET` describe; only an id cannot hold a colon. */
export function clientsOfPairs({ value, blame }: Given): GivenClients {
  const pairs = value as readonly string[];
  const read = pairs.map((pair, index) => {
    const [, id = '', secret] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
    const say = (message: string) => blame(message, index);
    const faults = pairFaults(id, secret).map(say);
    const client = createClientRecord({ clientId: id, clientSecret: secret ?? '' });
    return { faults, given: { client, blame: (_: string, message: string) => say(message) } };
  });
  return {
    clients: read.filter(({ faults }) => faults.length === 0).map(({ given }) => given),
    faults: read.flatMap(({ faults }) => faults),
  };
}

/** The clients that a config file lists and that are sound; `blame` says where in it a mismatch is. */
export const clientsOfFile = (
  written: readonly WrittenClient[],
  isSound: IsValid,
  blame: (mismatch: Mismatch) => string,
): GivenClients => ({
  clients: [...written.entries()]
    .filter(([index]) => isSound(['clients', index]))
    .map(([index, entry]) => ({
      client: toClient(entry),
      blame: (property, message) => {
        const key = CLIENT_KEYS[property];
        return blame({ path: ['clients', index, key], at: 'value', message: `${key}: ${message}` });
      },
    })),
  faults: [],
});

/** The faults of clients whose id another one before them has. */
export function repeatedIds({ clients }: GivenClients): string[] {
  const seen = new Set<string>();
  return clients.flatMap(({ client: { clientId }, blame }) => {
    const isRepeated = seen.has(clientId);
    seen.add(clientId);
    return isRepeated ? [blame('clientId', `another client has the id "${clientId}" already`)] : [];
  });
}
