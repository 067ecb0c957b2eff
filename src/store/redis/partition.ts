import { findTokenTag, getTokenTag } from '../../domain/token.ts';
import type { Kind, Ref } from '../store.ts';

/** How many partitions a store has: as many on one server as on a cluster. */
export const PARTITIONS = 64;

/** The number of a partition. Its keys are in one slot of a cluster, and no script touches those of two. */
export type Partition = number;

/** All partitions. */
export const ALL_PARTITIONS: readonly Partition[] = Array.from({ length: PARTITIONS }, (_, index) => index);

/** Where it is decided what is of everyone. The other partitions have a copy. */
export const FIRST_PARTITION: Partition = 0;

/** What every key and channel of a partition begins with. */
export const toKeyPrefix = (prefix: string, partition: Partition): string => `${prefix}{${partition}}:`;

function toNumber(text: string): Partition {
  let hash = 0;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return ((hash ^ (hash >>> 16)) >>> 0) % PARTITIONS;
}

/** The partition of everything that belongs to a client, or to everyone. */
export const toPartition = (owner: string): Partition =>
  owner === '' ? FIRST_PARTITION : toNumber(getTokenTag(owner));

/** Where to look for an owner, or for all. */
export const listPartitions = (owner: string | undefined): readonly Partition[] =>
  owner === undefined ? ALL_PARTITIONS : [toPartition(owner)];

/** The id that a JWT names, which an opaque token would be; any other text as it is. */
function readTokenId(accessToken: string): string {
  if (!accessToken.includes('.')) return accessToken;
  const [, payload = ''] = accessToken.split('.', 2);
  try {
    const { jti } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { jti?: unknown };
    return typeof jti === 'string' ? jti : accessToken;
  } catch {
    return accessToken;
  }
}

/** The partition that has a token, or knows which one has it. */
export const findHome = (accessToken: string): Partition =>
  toNumber(findTokenTag(readTokenId(accessToken)) ?? accessToken);

/** What an id says about the owner: it is the owner, it is a JSON list that begins with it, or it says nothing. */
const ID_FORMS: Readonly<Record<Kind, 'owner' | 'list' | 'token' | 'everyone'>> = {
  client: 'owner',
  clock: 'owner',
  token: 'token',
  validation: 'list',
  call: 'list',
  presence: 'list',
  scenario: 'list',
  faults: 'owner',
  finding: 'list',
  coverage: 'owner',
  counter: 'owner',
  secret: 'everyone',
};

/** Kinds of which an owner has one record. */
export const SINGLE_KINDS: readonly Kind[] = (Object.keys(ID_FORMS) as Kind[]).filter(
  (kind) => ID_FORMS[kind] === 'owner',
);

/** Kinds whose records of everyone are copied to all partitions, because they are read with those of a client. */
export const COPIED_KINDS: readonly Kind[] = [
  'clock',
  'validation',
  'scenario',
  'faults',
  'coverage',
  'secret',
];

/** Whether every partition has a copy of a record. */
export const isCopied = (kind: Kind, owner: string): boolean => owner === '' && COPIED_KINDS.includes(kind);

/** The partition to read a record in; undefined when any has it. */
export function findPartition({ kind, id }: Ref): Partition | undefined {
  const form = ID_FORMS[kind];
  if (form === 'token') return findHome(id);
  const owner = form === 'owner' ? id : form === 'list' ? (JSON.parse(id) as [string])[0] : '';
  return isCopied(kind, owner) ? undefined : toPartition(owner);
}
