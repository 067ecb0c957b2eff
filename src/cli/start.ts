import { readStartOptions } from '../options/start-options.ts';
import { formatAnnouncement } from './announcement.ts';
import { type Command, EXIT, onStopSignal, print } from './command.ts';
import { createReadyFile } from './ready-file.ts';
import { serve } from './serve.ts';

/** Runs the simulator until a signal ends it. */
export const start: Command = async ({ args, env, cwd }) => {
  const { readyFile: file, ...options } = readStartOptions('start', { argv: args, env, cwd });
  const stopped = new Promise<void>((resolve) => onStopSignal(() => resolve()));
  const ready = createReadyFile(file);
  const mock = await serve(options, cwd);
  try {
    ready.write(mock);
    for (const line of formatAnnouncement(mock, options)) print(line);
    await stopped;
  } finally {
    ready.remove();
    await mock.close();
  }
  return EXIT.good;
};
