import { withoutLastSlashes } from '../control/schema/paths.ts';
import { whyNoAnswer } from './asking.ts';
import { type Control, controlAt } from './control.ts';
import { type Account, controlOfService } from './service.ts';

/** What contracts are held against. */
export interface Target {
  readonly url: string;
  readonly control: Control;
  /** From where browsers load the frame: the origin of its events. */
  readonly origin: string;
  /** Whose the service is, where it is the real one. */
  readonly account?: Account;
}

/** Nothing can be verified at an address; the message says why. */
export class NoTarget extends Error {}

const PATIENCE_MS = 10_000;

/** Whether a simulator of ours runs at `url`; throws when nobody answers. */
async function isSimulator(url: string, admin: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}${admin}/health`, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const text = await answer.text();
    return answer.ok && text.startsWith('{"status":"ok"');
  } catch (error) {
    throw new NoTarget(`nobody answers at ${url}: ${whyNoAnswer(error)}`);
  }
}

/**
 * What runs at an address: a simulator, or else the real service, for which an account of one's own is needed.
 *
 * @param address may hold the credentials of the control API
 * @param admin path of the control API
 * @throws {NoTarget}
 */
export async function targetAt(
  address: string,
  admin: string,
  account: { readonly [K in keyof Account]?: string | undefined },
): Promise<Target> {
  const { username, password, protocol, host, port, pathname } = new URL(address);
  const path = withoutLastSlashes(pathname);
  const url = `${protocol}//${host}${path}`;
  if (await isSimulator(url, admin)) {
    const credentials = username === '' ? '' : `${username}:${password}@`;
    const origin = `${protocol}//videocall.localhost${port === '' ? '' : `:${port}`}`;
    return { url, control: controlAt(`${protocol}//${credentials}${host}${path}${admin}`), origin };
  }
  const { client_id, client_secret, validation_id } = account;
  if (client_id === undefined || client_secret === undefined)
    throw new NoTarget(
      `${url} is no simulator with a control API; for the real service give --client-id and --client-secret`,
    );
  const own = { client_id, client_secret, validation_id };
  return { url, control: controlOfService(url, own), origin: url, account: own };
}
