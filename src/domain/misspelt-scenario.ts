import { closestMatch } from './closest-match.ts';

/** A scenario that a validation id probably means, and the part of the id that was meant as its name. */
export interface MisspeltScenario {
  readonly written: string;
  readonly meant: string;
}

const SEPARATOR = '[^A-Za-z0-9]';
/** Longer ids are not looked at beyond this. */
const MAX_LENGTH = 100;

/** The first `count` words of `id`, and the separator after them, if there are so many. */
function splitWords(id: string, count: number): { written: string; separator: string } | undefined {
  const pattern = new RegExp(`^((?:[A-Za-z0-9]+${SEPARATOR}){${count - 1}}[A-Za-z0-9]+)(${SEPARATOR}?)`);
  const [, written, separator = ''] = pattern.exec(id) ?? [];
  return written === undefined ? undefined : { written, separator };
}

/** The letters and digits of a name: `agentLate` is `agent-late` without its separator. */
const join = (written: string) => written.toLowerCase().replace(new RegExp(SEPARATOR, 'g'), '');

const normalize = (written: string) => written.toLowerCase().replace(new RegExp(SEPARATOR, 'g'), '-');

/** Reads `name` from the start of `id`: with another separator behind it, in capitals, or with a typo. */
function readName(id: string, name: string): MisspeltScenario | undefined {
  const words = name.split('-').length;
  const split = splitWords(id, words);
  if (split === undefined) return undefined;
  const { written, separator } = split;
  const normal = normalize(written);
  const isExact = normal === name;
  const isTypo = !isExact && closestMatch(normal, [name]) !== undefined;
  // Common words have ids of their own: manual-3 is not a mistake.
  const isCommon = words === 1 && (isExact ? separator === '-' : separator !== '');
  return (isExact || isTypo) && !isCommon ? { written: written + separator, meant: name } : undefined;
}

/** The one of the scenarios `names` that a validation id names with a mistake; undefined when it names none, or one exactly. */
export function findMisspeltScenario(
  validationId: string,
  names: readonly string[],
): MisspeltScenario | undefined {
  const [beforeTilde = '', ...rest] = validationId.split('~');
  if (names.includes(beforeTilde)) return undefined;
  const meant = rest.length > 0 ? closestMatch(normalize(beforeTilde), names) : undefined;
  if (meant !== undefined) return { written: beforeTilde, meant };
  const id = validationId.slice(0, MAX_LENGTH).trim();
  const joined = names.find((name) => name.includes('-') && join(name) === join(id));
  if (joined !== undefined) return { written: id, meant: joined };
  return [...names]
    .sort((one, other) => other.length - one.length)
    .map((name) => readName(id, name))
    .find((one) => one !== undefined);
}
