import type { RunScript } from './greeting.ts';
import { findHome, type Partition } from './partition.ts';
import { toField } from './records.ts';
import { ELSEWHERE } from './scripts/keys.ts';

/** The partition that a reply of READ names instead of a record. */
export const findElsewhere = (reply: string | null): Partition | undefined =>
  reply?.startsWith(ELSEWHERE) ? Number(reply.slice(ELSEWHERE.length)) : undefined;

/**
 * Tokens whose text does not lead to the partition of their client, because tests have named them. Their home, where the text
 * leads to, names the partition.
 */
export function createNamedTokens(run: RunScript) {
  const readAt = async (partition: Partition, token: string): Promise<string | null> => {
    const reply = await run(partition, 'READ', '', toField('token', token), '');
    const [, , text = null] = reply as (string | null)[];
    return text;
  };
  const name = async (token: string, before: Partition | undefined, partition?: Partition) =>
    (await run(findHome(token), 'NAME', JSON.stringify(token), `${before ?? ''}`, `${partition ?? ''}`)) ===
    1;

  return {
    isNamed: (token: string, partition: Partition): boolean => findHome(token) !== partition,

    /** Names the partition of a token that is about to be written; false when another client has the token. */
    async claim(token: string, partition: Partition): Promise<boolean> {
      const reply = await readAt(findHome(token), token);
      const elsewhere = findElsewhere(reply);
      if (elsewhere === partition) return true;
      if (elsewhere === undefined ? reply !== null : (await readAt(elsewhere, token)) !== null) return false;
      return name(token, elsewhere, partition);
    },

    /** Whether a token that was written is the one that its home names: another client may have claimed it meanwhile. */
    keeps: async (token: string, partition: Partition): Promise<boolean> =>
      findElsewhere(await readAt(findHome(token), token)) === partition,

    /** Removes the name of a token that was deleted. */
    forget: (token: string, partition: Partition) => name(token, partition),
  };
}
