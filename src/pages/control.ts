import { createControl } from '../control/schema/client.ts';
import { ADMIN } from '../control/schema/paths.ts';

/** The control API of the simulator that served the page. */
export const control = createControl(async ({ method, path, body }) => {
  const answer = await fetch(`${ADMIN}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    ...(body !== undefined && { body }),
  });
  return { status: answer.status, text: await answer.text() };
});
