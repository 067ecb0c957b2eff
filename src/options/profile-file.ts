import * as Type from 'typebox';
import { isMap } from '../control/schema/mismatch.ts';
import { PROFILE, toProfile } from '../control/schema/profile-format.ts';
import { SCENARIO } from '../control/schema/scenario-format.ts';
import type { AnswerProfile } from '../domain/answer-profile.ts';
import { closestMatch } from '../domain/closest-match.ts';
import { type FileProblem, InvalidFile } from './file-problem.ts';
import { examineFile, readYaml } from './yaml/file.ts';

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
const [SCENARIO_KEYS, PROFILE_KEYS] = [keysOf(SCENARIO), keysOf(PROFILE)];
/** The keys that only files of one kind have. */
const OWN_KEYS = {
  scenario: SCENARIO_KEYS.filter((key) => !PROFILE_KEYS.includes(key)),
  profile: PROFILE_KEYS.filter((key) => !SCENARIO_KEYS.includes(key)),
};

/** What `file` is meant as, by its keys, or the problem that it is neither. */
export function findFileKind(file: string): keyof typeof OWN_KEYS | FileProblem {
  try {
    const { document, toProblem } = examineFile(file, { schema: Type.Unknown(), beyond: () => [] });
    const keys = isMap(document) ? Object.keys(document) : [];
    const has = (own: readonly string[]) => keys.some((key) => closestMatch(key, own) !== undefined);
    if (has(OWN_KEYS.scenario)) return 'scenario';
    if (has(OWN_KEYS.profile)) return 'profile';
    const message =
      'this is neither a scenario nor an answer profile; give a map with name and steps, or with name and answers';
    return toProblem({ path: [], at: 'value', message });
  } catch (error) {
    // The check of the file itself reports this.
    if (error instanceof InvalidFile) return 'scenario';
    throw error;
  }
}
