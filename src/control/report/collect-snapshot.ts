import { createHash } from 'node:crypto';
import { DEMO_CLIENT } from '../../domain/client.ts';
import { abbreviateToken } from '../../domain/journal.ts';
import type { ReportSnapshot } from '../../pages/report/snapshot.ts';
import { askHealth } from '../client.ts';
import { type Control, RequestFailed } from '../schema/client.ts';
import { sanitizeText } from './sanitize-text.ts';

/** The simulator could not be asked; the message says why. */
class NoSimulator extends Error {
  override readonly name = 'NoSimulator';
}

/** The control API requires other credentials. */
export class NotAllowed extends Error {
  override readonly name = 'NotAllowed';
}

/** A failed request as a message for people. */
function failure(error: unknown, address: string, path: string): unknown {
  if (!(error instanceof RequestFailed)) return error;
  const { code, message, status, details } = error;
  if (code === 'unreachable') return new NoSimulator(`no answer from ${address}: ${message}`);
  if (code === 'not_simulator') return new NoSimulator(`${address} ${message}`);
  const said = [message, details.hint].filter(Boolean).join('; ');
  return code === 'unauthorized' || code === 'forbidden'
    ? new NotAllowed(`${address}: ${said}`)
    : new NoSimulator(`${address}${path} answered ${status}: ${said}`);
}

/** A text that is as unique as a token and ends like it, but opens no call. */
const disguiseToken = (token: string): string =>
  `${createHash('sha256').update(token).digest('hex')}${abbreviateToken(token)}`;

/**
 * Reads everything for a report from a simulator.
 *
 * @param control its control API
 * @param address the simulator's address in messages
 * @throws {NotAllowed}
 */
export async function collectSnapshot(control: Control, address: string): Promise<ReportSnapshot> {
  async function list<Item extends { readonly client_id: string | null }>(
    path: string,
    answer: Promise<Item[]>,
  ): Promise<Item[]> {
    const items = await answer.catch((error) => {
      throw failure(error, address, path);
    });
    if (!Array.isArray(items)) throw new NoSimulator(`${address} is not a mock-veridas control API`);
    // The demo is no part of the integration.
    return items.filter(({ client_id: id }) => id !== DEMO_CLIENT);
  }

  const { version, time } = await askHealth(control).catch((error) => {
    throw failure(error, address, '/health');
  });
  const [clients, calls, tokens, requests, findings, coverage] = await Promise.all([
    list(
      '/clients',
      control.ask('GET /clients').then(({ items }) => items),
    ),
    list('/calls', control.askForAll('GET /calls')),
    list('/tokens', control.askForAll('GET /tokens')),
    list('/requests', control.askForAll('GET /requests')),
    list(
      '/findings',
      control.ask('GET /findings').then(({ items }) => items),
    ),
    control.ask('GET /coverage').catch((error) => {
      throw failure(error, address, '/coverage');
    }),
  ]);
  // Secrets stop here.
  const ids = clients.map(({ client_id }) => client_id);
  const snapshot = {
    version,
    at: time,
    clients: ids,
    // Calls and tokens stay linked.
    calls: calls.map((call) => ({ ...call, tokens: call.tokens.map(disguiseToken) })),
    tokens: tokens.map((token) => ({ ...token, access_token: disguiseToken(token.access_token) })),
    requests,
    findings,
    coverage,
  };
  return sanitizeText(snapshot, new Set(tokens.map(({ access_token }) => access_token)));
}
