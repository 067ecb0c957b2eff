import { ADMIN } from '../../control/schema/paths.ts';
import type { ErrorAnswer } from '../../control/schema/route.ts';

/** Why the simulator did not do what it was told to. */
class Refused extends Error {
  override readonly name = 'Refused';
}

/** What the simulator is told, and where. */
export interface Order {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  /** Path under that of the control API. */
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/**
 * Tells the simulator to do something, by its control API.
 *
 * @returns what it answers
 * @throws {Refused} it did not do it, or could not be reached
 */
export async function steer({ method, path, body }: Order): Promise<unknown> {
  const answer = await fetch(`${ADMIN}${path}`, {
    method,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  }).catch(() => {
    throw new Refused('the simulator cannot be reached now');
  });
  const text = await answer.text();
  if (answer.ok) return text === '' ? undefined : JSON.parse(text);
  try {
    const { message, hint } = JSON.parse(text) as ErrorAnswer;
    throw new Refused(hint === undefined ? message : `${message}: ${hint}`);
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(`the simulator answered ${answer.status}`);
  }
}
