import axe from 'axe-core';
import type { Frame, Page } from 'playwright-core';

const SERIOUS_IMPACTS = ['serious', 'critical'];

/** Like {@link findSeriousViolations}, for one frame without its child frames. */
export async function findSeriousViolationsIn(frame: Frame): Promise<string[]> {
  // evaluate() is not subject to the page's Content-Security-Policy; a script tag is.
  await frame.evaluate(axe.source);
  const { violations } = await frame.evaluate(
    // With `iframes`, axe posts messages between frames, which a page under test would receive.
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

/** Returns the accessibility violations of impact serious or critical in a page and its frames, one per line. */
export async function findSeriousViolations(page: Page): Promise<string[]> {
  const found = await Promise.all(page.frames().map(findSeriousViolationsIn));
  return found.flat();
}
