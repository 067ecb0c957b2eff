import { createHash } from 'node:crypto';

/** The settings that all instances should have in common, by name. */
export type Configuration = Readonly<Record<string, unknown>>;

const HASH_LENGTH = 12;

/** The settings as JSON, each by a hash, because some are secrets. */
export const hashConfiguration = (configuration: Configuration): string =>
  JSON.stringify(
    Object.fromEntries(
      Object.entries(configuration).map(([name, value]) => [
        name,
        createHash('sha256')
          .update(JSON.stringify(value) ?? '')
          .digest('base64url')
          .slice(0, HASH_LENGTH),
      ]),
    ),
  );

/** The names of the settings in which another instance differs, if there is one. */
export function findDifferences(ours: string, theirs: string): readonly string[] {
  if (theirs === '') return [];
  const [own, other] = [JSON.parse(ours), JSON.parse(theirs)] as Record<string, string>[];
  return Object.keys({ ...own, ...other }).filter((name) => own?.[name] !== other?.[name]);
}
