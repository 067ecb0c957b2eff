import { closestMatch } from '../domain/closest-match.ts';
import type { Interaction } from './pact.ts';
import {
  describeUnknownState,
  findParamMismatches,
  findState,
  isEmptyName,
  PROVIDER_STATES,
} from './provider-states/table.ts';

/** An expression without `${…}` is the name as a whole. */
const formatReference = (name: string): string => (/^\w+$/.test(name) ? `\${${name}}` : `"${name}"`);

function suggest(name: string, given: readonly string[]): string {
  const bare = name.replace(/\W/g, '');
  const meant = given.includes(bare) ? bare : closestMatch(bare, given);
  return meant === undefined ? '' : `; did you mean "\${${meant}}"?`;
}

/** The problems of an interaction's states, and of its references to their values. */
export function findStateProblems({ states, references }: Interaction, allowUnknown: boolean): string[] {
  const named = states.filter(({ name }) => !isEmptyName(name));
  const problems = named.flatMap(({ name, params }) => {
    const known = findState(name);
    if (known === undefined) return allowUnknown ? [] : [describeUnknownState(name)];
    return findParamMismatches(known, params).map(({ message }) => `state "${known}": ${message}`);
  });
  const hasUnknown = named.some(({ name }) => findState(name) === undefined);
  const given = named.flatMap(({ name }): readonly string[] => {
    const known = findState(name);
    return known === undefined ? [] : PROVIDER_STATES[known].values;
  });
  // The values of an unknown state are unknown, too.
  const dangling = hasUnknown ? [] : references.filter((name) => !given.includes(name));
  const gives =
    given.length === 0
      ? 'none of its states returns a value'
      : `its states return ${[...new Set(given)].join(', ')}`;
  return [
    ...problems,
    ...dangling.map((name) => `it refers to ${formatReference(name)}, but ${gives}${suggest(name, given)}`),
  ];
}
