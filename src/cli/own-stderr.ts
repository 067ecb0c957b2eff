import { spawn } from 'node:child_process';
import { Socket } from 'node:net';

/**
 * Gives this process a standard error of its own before it starts a command that inherits the present one. Node makes an
 * inherited pipe blocking for both: a pipe that is not read would stop this process in the middle of a write.
 */
export function separateStderr(): void {
  const { stderr } = process;
  if (!(stderr instanceof Socket) || stderr.isTTY) return;
  // In a process group of its own, so that a signal for the group does not end it before us.
  const relay = spawn('cat', { stdio: ['pipe', stderr, 'inherit'], detached: true });
  relay.on('error', () => {});
  if (relay.pid === undefined) return;
  relay.stdin.on('error', () => {});
  relay.unref();
  (relay.stdin as Socket).unref();
  process.once('beforeExit', () => {
    relay.ref();
    relay.stdin.end();
  });
  process.once('exit', () => relay.kill('SIGKILL'));
  Object.defineProperty(process, 'stderr', { value: relay.stdin });
}
