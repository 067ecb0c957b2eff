import axe from 'axe-core';
import type { Frame, Page } from 'playwright-core';

const SERIOUS_IMPACTS = ['serious', 'critical'];

/** As {@link findSeriousViolations}, in one frame of a page and not in those that it holds. */
export async function findSeriousViolationsIn(frame: Frame): Promise<string[]> {
  // Evaluated, not added as a script: no Content-Security-Policy has a say in that.
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate(
    // Each frame is looked at by itself, so that no message is posted from one to the other, which a page might hear.
    () =>
      (window as unknown as { axe: typeof axe }).axe.run(document, {
        iframes: false,
        resultTypes: ['violations'],
      }),
  );
  return violations
    .filter(({ impact }) => SERIOUS_IMPACTS.includes(impact ?? ''))
    .flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id} at ${target.join(' ')}: ${help}`));
}

/**
 * What keeps people with disabilities from a page or from a frame in it, as far as axe-core can tell: every
 * violation whose impact is serious or critical, a line each.
 */
export async function findSeriousViolations(page: Page): Promise<string[]> {
  const found = await Promise.all(page.frames().map(findSeriousViolationsIn));
  return found.flat();
}
