import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { bringing, broughtTo } from './brought.ts';

/** Where Vitest 5 is installed. The tests themselves run on Vitest 4, because that supports Node 20. */
export const VITEST_5 = broughtTo('vitest-5');

const MANIFEST = path.join(VITEST_5, 'node_modules/vitest/package.json');

/** Why tests that need Vitest 5 are skipped, or undefined when they are not. */
export const missingVitest5 = (): string | undefined =>
  existsSync(MANIFEST) ? undefined : 'there is no Vitest 5: npm test brings it from the npm registry';

/** Its exact version, or `5` when it is missing. */
export const vitest5Version = (): string =>
  existsSync(MANIFEST) ? JSON.parse(readFileSync(MANIFEST, 'utf8')).version : '5';

/** What npm is to be told so that it brings Vitest 5; nothing where it is. */
export const bringingVitest5 = (): string[] =>
  missingVitest5() === undefined ? [] : bringing(VITEST_5, ['vitest@5']);
