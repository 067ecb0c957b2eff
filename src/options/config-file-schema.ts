import { Type } from 'typebox';
import { WrittenClient } from '../control/schema/client-format.ts';
import type { Format } from '../control/schema/mismatch.ts';
import { WrittenSwitch } from './row.ts';
import { getKind, getRow, NAMES } from './table.ts';

/** The options that are keys of the config file. */
export const KEYS = NAMES.filter((name) => getRow(name).inFile !== false);

const schema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    ...Object.fromEntries(
      KEYS.map((name) => [
        name,
        Type.Optional(getKind(name) === 'switch' ? WrittenSwitch : getRow(name).schema),
      ]),
    ),
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

/** The content of a config file. */
export type WrittenConfig = Readonly<Record<string, unknown>> & {
  readonly clients?: readonly WrittenClient[];
};

/** The format of a config file. */
export const CONFIG: Format<typeof schema> = { schema, emptyValue: {}, beyond: () => [] };
