import { readSettings } from '../options/settings.ts';
import { announcement } from './announcement.ts';
import { type Command, EXIT, onStopSignal, print } from './command.ts';
import { readyFile } from './ready-file.ts';
import { serve } from './serve.ts';

/** Runs the simulator until it is told to stop. */
export const start: Command = async ({ args, env, cwd }) => {
  const settings = readSettings({ argv: args, env, cwd });
  const stopped = new Promise<void>((resolve) => onStopSignal(() => resolve()));
  const ready = readyFile(settings.readyFile);
  const mock = await serve(settings, cwd);
  try {
    ready.write(mock);
    for (const line of announcement(mock, settings)) print(line);
    await stopped;
  } finally {
    ready.remove();
    await mock.close();
  }
  return EXIT.good;
};
