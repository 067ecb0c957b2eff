import { type Static, Type } from 'typebox';
import { WrittenClient } from '../control/schema/client-format.ts';
import type { Format } from '../control/schema/mismatch.ts';
import { NAMES, type Name, type SETTINGS, settingOf } from './table.ts';

type InFile = {
  [N in Name as 'file' extends NotIn<N> ? never : N]: Type.TOptional<(typeof SETTINGS)[N]['schema']>;
};
type NotIn<N extends Name> = (typeof SETTINGS)[N] extends { notIn: readonly (infer Place)[] } ? Place : never;

const inFile = Object.fromEntries(
  NAMES.filter((name) => !settingOf(name).notIn?.includes('file')).map((name) => [
    name,
    Type.Optional(settingOf(name).schema),
  ]),
) as InFile;

const schema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    ...inFile,
    clients: Type.Optional(
      Type.Array(WrittenClient, {
        minItems: 1,
        title: 'list of clients',
        description: 'at least one, as in - { client_id: ID, client_secret: SECRET }',
        writeOnly: true,
      }),
    ),
  },
  { additionalProperties: false, title: 'config file', description: 'a map of settings' },
);

export type WrittenConfig = Static<typeof schema>;

/** What a config file must be. */
export const CONFIG: Format<typeof schema> = {
  schema,
  whenEmpty: {},
  beyond: () => [],
};
