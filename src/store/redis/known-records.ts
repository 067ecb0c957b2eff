import type { Kind, NumberedRecord } from '../store.ts';

/** Kinds that are read with most requests and change rarely. */
const IS_REMEMBERED: Readonly<Record<Kind, boolean>> = {
  client: true,
  clock: true,
  token: false,
  validation: false,
  call: false,
  presence: false,
  scenario: true,
  faults: true,
  finding: false,
  coverage: true,
  counter: false,
  secret: true,
};

const MAX_RECORDS = 10_000;

/**
 * Records as they were read, by field; of too many, the first are forgotten. They are used only when the server says that they
 * have not changed.
 */
export function createKnownRecords() {
  const records = new Map<string, NumberedRecord<Kind>>();
  return {
    find: (field: string): NumberedRecord<Kind> | undefined => records.get(field),

    update(kind: Kind, field: string, record: NumberedRecord<Kind> | undefined): void {
      if (!IS_REMEMBERED[kind]) return;
      records.delete(field);
      if (record !== undefined) records.set(field, record);
      const [oldest] = records.keys();
      if (records.size > MAX_RECORDS && oldest !== undefined) records.delete(oldest);
    },
  };
}
