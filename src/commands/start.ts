import { readSettings } from '../config/settings.ts';
import { startMock } from '../index.ts';
import { type Command, complain, EXIT, onStopSignal, print, tellPassword } from './command.ts';
import { readyFile } from './ready-file.ts';

/** Runs the simulator until it is told to stop. */
export const start: Command = async ({ args, env, cwd }) => {
  const settings = readSettings({ argv: args, env, cwd });
  const stopped = new Promise<void>((resolve) => onStopSignal(() => resolve()));
  const ready = readyFile(settings.readyFile);
  const mock = await startMock({ ...settings, onWarning: complain });
  try {
    ready.write(mock);
    print(`mock-veridas listening on ${mock.url}`);
    print(`  browsers  ${mock.browserUrl}/call?access_token=ACCESS_TOKEN&validation_id=VALIDATION_ID`);
    print(`  backends  ${mock.url}/o/token/`);
    print(`  control   ${mock.adminUrl}`);
    print(`  clients   ${settings.clients.map(({ clientId }) => clientId).join(', ')}`);
    print(`  scenario  ${settings.scenario}`);
    tellPassword(mock, settings, print);
    await stopped;
  } finally {
    ready.remove();
    await mock.close();
  }
  return EXIT.good;
};
