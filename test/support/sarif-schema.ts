import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';

/** SARIF 2.1.0 as OASIS publishes it; the file came with @microsoft/jest-sarif 1.0.0-beta.0 (MIT). */
const FILE = path.join(import.meta.dirname, '../fixtures/schemas/sarif-2.1.0-rtm.5.json');

// It is of draft 4, which differs from draft 7 only in keywords that it does not use, and in the name of its id.
const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(FILE, 'utf8'));
// One of its patterns is none by today's stricter reading.
const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
addFormats.default(ajv);
const isSarif = ajv.compile(schema);

/** What is wrong with a text as SARIF; nothing, if all is right. */
export function sarifFaults(text: string): string[] {
  isSarif(JSON.parse(text));
  return (isSarif.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
}
