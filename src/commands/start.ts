import { readSettings } from '../config/settings.ts';
import { startMock } from '../index.ts';
import { type Command, complain, EXIT, onStopSignal, print } from './command.ts';
import { withReadyFile } from './ready-file.ts';

/** Runs the simulator until it is told to stop. */
export const start: Command = async ({ args, env, cwd }) => {
  const settings = readSettings({ argv: args, env, cwd });
  const stopped = new Promise<void>((resolve) => onStopSignal(() => resolve()));
  const mock = await startMock({ ...settings, onWarning: complain });
  print(`mock-veridas listening on ${mock.url}`);
  print(`  browsers  ${mock.browserUrl}/call?access_token=ACCESS_TOKEN&validation_id=VALIDATION_ID`);
  print(`  backends  ${mock.url}/o/token/`);
  print(`  control   ${mock.adminUrl}`);
  print(`  clients   ${settings.clients.map(({ clientId }) => clientId).join(', ')}`);
  print(`  scenario  ${settings.scenario}`);
  if (mock.adminCredentials !== undefined && settings.admin.password === undefined) {
    const { user, password } = mock.adminCredentials;
    print(`  the control API can be reached from other machines and asks for ${user}:${password}`);
  }
  try {
    await withReadyFile(settings.readyFile, mock, () => stopped);
  } finally {
    await mock.close();
  }
  return EXIT.good;
};
