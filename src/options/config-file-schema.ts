import type { Static } from 'typebox';
import * as Type from 'typebox';
import { WrittenClient } from '../control/schema/client-format.ts';
import { WrittenIgnored } from '../control/schema/coverage.ts';
import { findContradictions, WrittenFault } from '../control/schema/faults.ts';
import type { Format } from '../control/schema/mismatch.ts';
import { WrittenValidation } from '../control/schema/validations.ts';
import { MAX_FAULTS } from '../domain/fault.ts';
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
    faults: Type.Optional(
      Type.Array(WrittenFault, {
        maxItems: MAX_FAULTS,
        title: 'list of faults',
        description: `at most ${MAX_FAULTS}, as in - { endpoint: token, status: 503, times: 1 }`,
      }),
    ),
    validations: Type.Optional(
      Type.Array(WrittenValidation, {
        title: 'list of validations',
        description: 'one or more, as in - { validation_id: my-validation, scenario: manual }',
      }),
    ),
    'coverage-ignore': Type.Optional(
      Type.Array(WrittenIgnored, {
        title: 'list of ignored situations',
        description:
          'one or more, as in - { situation: production-client, reason: we have no production client yet }',
      }),
    ),
  },
  { additionalProperties: false, title: 'config file', description: 'a map of settings' },
);

/** The content of a config file. */
export type WrittenConfig = Readonly<Record<string, unknown>> & {
  readonly clients?: readonly WrittenClient[];
  readonly faults?: readonly Static<typeof WrittenFault>[];
  readonly validations?: readonly Static<typeof WrittenValidation>[];
  readonly 'coverage-ignore'?: readonly WrittenIgnored[];
};

/** The format of a config file. */
export const CONFIG: Format<typeof schema> = {
  schema,
  emptyValue: {},
  beyond: ({ faults }: WrittenConfig, isSound) =>
    (Array.isArray(faults) ? faults : []).flatMap((fault, index) =>
      isSound(['faults', index]) ? findContradictions(fault, ['faults', index]) : [],
    ),
};
