import { channel } from 'node:diagnostics_channel';
import { readStartOptions } from '../options/start-options.ts';
import { formatAnnouncement } from './announcement.ts';
import { type Command, EXIT, print } from './command.ts';
import { READY_CHANNEL } from './ready-channel.ts';
import { createReadyFile } from './ready-file.ts';
import { serve } from './serve.ts';
import { exitWithin, onStopSignal } from './stop-signals.ts';

/** The grace period of answers in progress, which is a second, and some time to close the rest. */
const STOP_TIMEOUT_MS = 1_250;

/** Runs the simulator until a signal ends it. A second signal ends it at once. */
export const start: Command = async ({ args, env, cwd }) => {
  const { readyFile: file, ...options } = await readStartOptions('start', { argv: args, env, cwd });
  let signals = 0;
  const stopped = new Promise<void>((resolve) => {
    onStopSignal(() => {
      signals += 1;
      if (signals > 1) process.exit(EXIT.good);
      exitWithin(STOP_TIMEOUT_MS, EXIT.good);
      resolve();
    });
  });
  const ready = createReadyFile(file);
  const mock = await serve(options, cwd);
  try {
    ready.write(mock);
    print(formatAnnouncement(mock, options).join('\n'));
    channel(READY_CHANNEL).publish(undefined);
    await stopped;
  } finally {
    ready.remove();
    await mock.close();
  }
  return EXIT.good;
};
