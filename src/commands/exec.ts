import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { BadUsage, readSettings } from '../config/settings.ts';
import { startMock } from '../index.ts';
import { type Command, complain, firstClient, onStopSignal } from './command.ts';
import { withReadyFile } from './ready-file.ts';

/** Runs a program, and answers its exit code, or 128 and the signal's number when one has ended it. */
function runChild(program: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: 'inherit', env });
    onStopSignal((signal) => child.kill(signal));
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        new BadUsage([
          `cannot run ${program}: ${error.code === 'ENOENT' ? 'there is no such command' : error.message}`,
        ]),
      ),
    );
    child.on('exit', (code, signal) =>
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])),
    );
  });
}

/** Runs a command with a simulator beside it, whose addresses the command finds in its environment. */
export const exec: Command = async ({ args, rest, env, cwd }) => {
  const [program, ...programArgs] = rest;
  if (program === undefined)
    throw new BadUsage(['what is to be run? write it behind --, as in: exec -- npm test']);
  // Many may run beside each other, so that a port is only taken when one was asked for.
  const settings = readSettings({ argv: args, env, cwd, usualPort: 0 });
  const { clientId, clientSecret } = firstClient(settings);
  const mock = await startMock({ ...settings, onWarning: complain });
  try {
    return await withReadyFile(settings.readyFile, mock, () =>
      runChild(program, programArgs, {
        ...env,
        VIDEOCALL_URL: mock.url,
        VIDEOCALL_BROWSER_URL: mock.browserUrl,
        VIDEOCALL_ADMIN_URL: mock.adminUrl,
        CLIENT_ID: clientId,
        CLIENT_SECRET: clientSecret,
      }),
    );
  } finally {
    await mock.close();
  }
};
