import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { findTool } from './tools.ts';

/** Runs slowhttptest. */
export function slowHttpTest(flags: readonly string[]) {
  const child = spawn(findTool('slowhttptest') ?? '', [...flags, '-v', '1'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = Promise.all([text(child.stdout), once(child, 'exit')]).then(([said]) =>
    // biome-ignore lint/suspicious/noControlCharactersInRegex: its output is coloured
    said.replace(/\x1b\[[0-9;]*[A-Za-z]/g, ''),
  );
  return {
    isRunning: () => child.exitCode === null && child.signalCode === null,
    /** Interrupts it, and returns its output. */
    stop(): Promise<string> {
      child.kill('SIGINT');
      return ended;
    },
  };
}
