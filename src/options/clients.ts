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

/** A client, and a function that formats a message about one of its properties with the place where it was given. */
interface GivenClient {
  readonly client: Client;
  readonly blame: (property: 'clientId' | 'scenario', message: string) => string;
}

/** The clients from one source, and the problems of the others. */
export interface GivenClients {
  readonly clients: readonly GivenClient[];
  readonly problems: readonly string[];
}

/** The problem of an ID:SECRET pair, without repeating either. */
function findPairProblems(id: string, secret: string | undefined): string[] {
  if (secret === undefined) return ['has no colon; give ID:SECRET'];
  const idProblem = `the id before the first colon is not a client id; give ${CLIENT_ID_RULE}`;
  const secretProblem = `the text after the first colon is not a client secret; give ${CLIENT_SECRET_RULE}`;
  return [
    ...(findMismatches(ClientId, id).length > 0 ? [idProblem] : []),
    ...(findMismatches(ClientSecret, secret).length > 0 ? [secretProblem] : []),
  ];
}

/** The clients in texts such as `ID:SECRET`; only the id cannot contain a colon. */
export function clientsOfPairs({ value, blame }: Given): GivenClients {
  const pairs = value as readonly string[];
  const read = pairs.map((pair, index) => {
    const [, id = '', secret] = /^([^:]*):(.*)$/s.exec(pair) ?? [];
    const say = (message: string) => blame(message, index);
    const problems = findPairProblems(id, secret).map(say);
    const client = createClientRecord({ clientId: id, clientSecret: secret ?? '' });
    return { problems, given: { client, blame: (_: string, message: string) => say(message) } };
  });
  return {
    clients: read.filter(({ problems }) => problems.length === 0).map(({ given }) => given),
    problems: read.flatMap(({ problems }) => problems),
  };
}

/** The valid clients in a config file; `blame` formats a mismatch with its position. */
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
  problems: [],
});

/** The problems of clients whose id is taken by an earlier one. */
export function repeatedIds({ clients }: GivenClients): string[] {
  const seen = new Set<string>();
  return clients.flatMap(({ client: { clientId }, blame }) => {
    const isRepeated = seen.has(clientId);
    seen.add(clientId);
    return isRepeated ? [blame('clientId', `another client already has the id "${clientId}"`)] : [];
  });
}
