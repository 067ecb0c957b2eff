import { whyNoAnswer } from '../../contracts/asking.ts';
import type { Control, Fields } from '../../contracts/control.ts';
import type { Snapshot } from '../../pages/report/snapshot.ts';
import { legible } from './sanitize-text.ts';

/** There is nobody to ask; the message says why. */
class NoSimulator extends Error {
  override readonly name = 'NoSimulator';
}

/** The control API asks for other credentials. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

const REFUSED = [401, 403];

/**
 * Asks a simulator for all that a report is made of.
 *
 * @param control its control API
 * @param address how that is told to people
 * @throws {NotAllowed}
 */
export async function gather(control: Control, address: string): Promise<Snapshot> {
  async function ask(path: string): Promise<{ status: number; json: Fields | null }> {
    try {
      return await control.ask('GET', path);
    } catch (error) {
      if (error instanceof SyntaxError) throw new NoSimulator(`${address} is no mock-veridas`);
      throw new NoSimulator(`no answer from ${address}: ${whyNoAnswer(error)}`);
    }
  }
  async function list<Name extends keyof Snapshot>(path: string): Promise<Snapshot[Name]> {
    const { status, json } = await ask(path);
    if (status === 200 && Array.isArray(json?.items)) return json.items as unknown as Snapshot[Name];
    const said = [json?.message, json?.hint].filter(Boolean).join('; ');
    if (REFUSED.includes(status)) throw new NotAllowed(`${address}: ${said}`);
    throw new NoSimulator(`${address}${path} answered ${status}${said && `: ${said}`}`);
  }

  const { json: health } = await ask('/health');
  if (typeof health?.version !== 'string' || typeof health.time !== 'string')
    throw new NoSimulator(`${address} is no mock-veridas`);
  const [clients, calls, tokens, requests, findings] = await Promise.all([
    list<'clients'>('/clients'),
    list<'calls'>('/calls'),
    list<'tokens'>('/tokens'),
    list<'requests'>('/requests'),
    list<'findings'>('/findings'),
  ]);
  // Secrets go no further than this.
  const ids = (clients as unknown as Fields[]).map(({ client_id }) => client_id as string);
  const snapshot = {
    version: health.version,
    at: health.time,
    clients: ids,
    calls,
    tokens,
    requests,
    findings,
  };
  return legible(snapshot, new Set(tokens.map(({ access_token }) => access_token)));
}
