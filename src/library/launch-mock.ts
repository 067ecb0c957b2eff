import { controlAddress } from '../control/client.ts';
import { createClientRecord, SANDBOX_CLIENT } from '../domain/client.ts';
import type { LaunchedMock } from '../server/launch.ts';
import type { LaunchOptions } from '../server/mock-options.ts';
import { camelControlAt } from './control.ts';
import { createMock, type Mock } from './mock.ts';

/** A simulator that runs in this process. */
export interface StartedMock extends Mock, Omit<LaunchedMock, 'close'> {}

/** Starts a simulator with options that are known to be valid. */
export async function launchMock(options: LaunchOptions): Promise<StartedMock> {
  // The server is large, and `connectMock` does not need it.
  const { launch } = await import('../server/launch.ts');
  const launched = await launch({
    ...options,
    ...(options.clients && { clients: options.clients.map(createClientRecord) }),
  });
  const { adminUrl, adminCredentials, close } = launched;
  const [{ clientId, clientSecret } = SANDBOX_CLIENT] = options.clients ?? [];
  const mock = createMock(
    camelControlAt(controlAddress(adminUrl, adminCredentials)),
    launched,
    { clientId, clientSecret },
    close,
  );
  return { ...launched, ...mock };
}
