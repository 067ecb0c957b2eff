import { askHealth, controlAddress, controlAt } from '../control/client.ts';
import { type Control, RequestFailed } from '../control/schema/client.ts';
import { ADMIN } from '../control/schema/paths.ts';
import { withoutCredentials } from '../system/http.ts';
import { type ProviderControl, simulatorControl } from './provider-control.ts';
import { type Account, serviceControl } from './service.ts';

/** What contracts are verified against. */
export interface Target {
  readonly url: string;
  readonly control: ProviderControl;
  /** The origin that browsers load the frame from, which is that of its events. */
  readonly origin: string;
  /** The account on the real service. */
  readonly account?: Account;
}

/** The address cannot be verified; the message says why. */
export class InvalidTarget extends Error {}

/** Nothing answers there. */
class UnreachableTarget extends Error {}

/** Whether a simulator runs at `url`; throws when nothing answers. */
async function isSimulator(url: string, control: Control): Promise<boolean> {
  try {
    return (await askHealth(control)).status === 'ok';
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    if (error.code === 'unreachable')
      throw new UnreachableTarget(`--target: no answer from ${url}: ${error.message}`);
    return false;
  }
}

/**
 * What runs at an address: a simulator, otherwise the real service, which requires an account.
 *
 * @param given may contain the credentials of the control API
 * @param verification names this verification
 * @throws {InvalidTarget | UnreachableTarget}
 */
export async function resolveTarget(
  given: string,
  account: { readonly [K in keyof Account]?: string | undefined },
  verification: string,
): Promise<Target> {
  const address = controlAddress(given);
  const url = withoutCredentials(address).slice(0, -ADMIN.length);
  const control = controlAt(address);
  if (await isSimulator(url, control)) {
    const { protocol, port } = new URL(url);
    const origin = `${protocol}//videocall.localhost${port === '' ? '' : `:${port}`}`;
    return { url, control: simulatorControl(control, verification), origin };
  }
  const { client_id, client_secret, validation_id } = account;
  if (client_id === undefined || client_secret === undefined)
    throw new InvalidTarget(
      `${url} is not a simulator with a control API; for the real service, give --client-id and --client-secret`,
    );
  const own = { client_id, client_secret, validation_id };
  return { url, control: serviceControl(url, own), origin: url, account: own };
}
