import type { Call } from '../call.ts';
import type { Scope } from '../scope.ts';

const describeCall = (
  { validationId, state, waitsFor, nextAt, possibleActions, page }: Call,
  now: number,
) => {
  const name = `call "${validationId}" is in state ${state}`;
  if (page === 'none') return `${name} and has no open page`;
  if (waitsFor !== null) return `${name}, and its script waits for ${waitsFor}`;
  if (nextAt !== null) {
    const seconds = Math.ceil((Date.parse(nextAt) - now) / 1000);
    return `${name}, and its script continues in ${seconds}s: clock.advance('${seconds}s')`;
  }
  return possibleActions.length === 0 ? name : `${name}, and the agent can ${possibleActions.join(', ')}`;
};

/** Says what the calls of a client wait for. */
export async function describeCalls({ control, client: query }: Scope): Promise<string> {
  const [items, { now }] = await Promise.all([
    control.askForAll('GET /calls', query),
    control.ask('GET /clock', { query }),
  ]);
  return items.map((call) => describeCall(call, Date.parse(now))).join('; ');
}
