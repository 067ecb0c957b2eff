import { toFault } from '../control/schema/faults.ts';
import type { IsValid, Mismatch } from '../control/schema/mismatch.ts';
import { toValidationSettings } from '../control/schema/validations.ts';
import type { IgnoredSituation } from '../domain/coverage.ts';
import type { ConfiguredFault } from '../domain/fault.ts';
import { describeUnknownScenario } from '../domain/scenario.ts';
import type { ConfiguredValidation } from '../domain/validation.ts';
import type { WrittenConfig } from './config-file-schema.ts';

/** An entry of the config file, and a function that formats a message about one of its keys with its position. */
interface Preset<Value> {
  readonly value: Value;
  readonly blame: (key: string, message: string) => string;
}

/** What the config file sets up before the first request, besides clients, and what coverage leaves out. */
export interface Presets {
  readonly faults: readonly Preset<ConfiguredFault>[];
  readonly validations: readonly Preset<ConfiguredValidation>[];
  readonly ignored: readonly Preset<IgnoredSituation>[];
}

/** The values of the entries; undefined when there are none. */
export const getValues = <Value>(presets: readonly Preset<Value>[]): Value[] | undefined =>
  presets.length === 0 ? undefined : presets.map(({ value }) => value);

export const NO_PRESETS: Presets = { faults: [], validations: [], ignored: [] };

/** The valid entries in a config file; `blame` formats a mismatch with its position. */
export function presetsOfFile(
  { faults, validations, 'coverage-ignore': ignored }: WrittenConfig,
  isSound: IsValid,
  blame: (mismatch: Mismatch) => string,
): Presets {
  const read = <Written, Value>(
    list: 'faults' | 'validations' | 'coverage-ignore',
    written: readonly Written[] | undefined,
    toValue: (entry: Written) => Value,
  ): Preset<Value>[] =>
    (Array.isArray(written) ? [...written.entries()] : [])
      .filter(([index]) => isSound([list, index]))
      .map(([index, entry]) => ({
        value: toValue(entry),
        blame: (key, message) =>
          blame({ path: [list, index, key], at: 'value', message: `${key}: ${message}` }),
      }));
  return {
    faults: read('faults', faults, ({ client_id: clientId, ...fault }) => ({ clientId, ...toFault(fault) })),
    validations: read('validations', validations, ({ client_id: clientId, validation_id, ...known }) => ({
      clientId,
      validationId: validation_id,
      ...toValidationSettings(known),
    })),
    ignored: read('coverage-ignore', ignored, (entry) => entry),
  };
}

/** The problems of entries for clients that do not exist. */
export const findMissingClients = ({ faults, validations }: Presets, known: readonly string[]): string[] =>
  [...faults, ...validations].flatMap(({ value: { clientId }, blame }) =>
    clientId === undefined || known.includes(clientId)
      ? []
      : [blame('client_id', `there is no client "${clientId}"; known: ${known.join(', ')}`)],
  );

/** The problems of situations that are listed twice. */
export const findRepeatedSituations = ({ ignored }: Presets): string[] =>
  ignored.flatMap(({ value: { situation }, blame }, index) =>
    ignored.findIndex(({ value }) => value.situation === situation) < index
      ? [blame('situation', `"${situation}" is listed above already`)]
      : [],
  );

/** The problems of validations with a scenario that does not exist, and of those that are listed twice. */
export function findPresetProblems({ validations }: Presets, scenarios: readonly string[]): string[] {
  const seen = new Set<string>();
  return validations.flatMap(({ value: { clientId, validationId, scenario }, blame }) => {
    const key = JSON.stringify([clientId, validationId]);
    const isRepeated = seen.has(key);
    seen.add(key);
    return [
      ...(scenario === undefined || scenarios.includes(scenario)
        ? []
        : [blame('scenario', describeUnknownScenario(scenario, scenarios))]),
      ...(isRepeated ? [blame('validation_id', `"${validationId}" is listed above already`)] : []),
    ];
  });
}
