import { isMap } from '../../control/schema/mismatch.ts';

const STEP = /^(?:\.([\w-]+|\*)|\['((?:[^'\\]|\\.)*)'\]|\["((?:[^"\\]|\\.)*)"\]|\[(\d+|\*)\])/;

/** The steps of a path such as `$.a['b'][0].*`; undefined if it is not a path. */
function parsePath(path: string): string[] | undefined {
  if (!path.startsWith('$')) return undefined;
  const steps: string[] = [];
  for (let rest = path.slice(1); rest !== ''; ) {
    const [all, ...names] = STEP.exec(rest) ?? [];
    const step = names.find((name) => name !== undefined);
    if (all === undefined || step === undefined) return undefined;
    steps.push(step);
    rest = rest.slice(all.length);
  }
  return steps;
}

function isReached(steps: readonly string[], value: unknown): boolean {
  const [step, ...rest] = steps;
  if (step === undefined) return true;
  // Libraries end the paths of a list of texts in `[*].*`.
  if (typeof value !== 'object' || value === null) return steps.every((one) => one === '*');
  const children = Object.values(value);
  // An empty example says nothing about its items.
  if (children.length === 0) return true;
  const isAny = step === '*' || (Array.isArray(value) && /^\d+$/.test(step));
  if (isAny) return children.some((child) => isReached(rest, child));
  if (Array.isArray(value)) return children.some((child) => isReached(steps, child));
  return isMap(value) && Object.hasOwn(value, step) && isReached(rest, value[step]);
}

/** Whether a path is a place in an example. Other forms of paths count as one. */
export function isPlaceIn(path: string, example: unknown): boolean {
  const steps = parsePath(path);
  return steps === undefined || isReached(steps, example);
}
