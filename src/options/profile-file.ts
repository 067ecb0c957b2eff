import { Type } from 'typebox';
import { isMap } from '../control/schema/mismatch.ts';
import { PROFILE, toProfile } from '../control/schema/profile-format.ts';
import { SCENARIO } from '../control/schema/scenario-format.ts';
import type { AnswerProfile } from '../domain/answer-profile.ts';
import { closestMatch } from '../domain/closest-match.ts';
import { examineFile, type FileProblem, InvalidFile, readYaml } from './yaml/file.ts';

/** The answer profile in `file`. Throws {@link InvalidFile} with every problem. */
export const readProfile = (file: string): AnswerProfile => toProfile(readYaml(file, PROFILE).document);

/** Every problem of the answer profile in `file`. */
export function findProfileProblems(file: string): readonly FileProblem[] {
  try {
    readProfile(file);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return error.problems;
  }
}

const keysOf = ({ schema }: typeof PROFILE | typeof SCENARIO) => Object.keys(schema.properties);
const OWN_KEYS = keysOf(PROFILE).filter((key) => !keysOf(SCENARIO).includes(key));

/** Whether `file` is meant as an answer profile rather than a scenario, by its keys. */
export function isProfileFile(file: string): boolean {
  try {
    const { document } = examineFile(file, { schema: Type.Unknown(), beyond: () => [] });
    const keys = isMap(document) ? Object.keys(document) : [];
    return !keys.includes('steps') && keys.some((key) => closestMatch(key, OWN_KEYS) !== undefined);
  } catch (error) {
    // The check of the file itself reports this.
    if (error instanceof InvalidFile) return false;
    throw error;
  }
}
