import { setTimeout } from '../system/timers.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How long a stopped command waits for its output to be read. */
const FLUSH_TIMEOUT_MS = 250;

let isStopping = false;
let hasEnded = false;

/** Calls `listener` with each signal that asks the process to end, until the command has ended. */
export function onStopSignal(listener: (signal: NodeJS.Signals) => void): void {
  for (const signal of STOP_SIGNALS) {
    process.on(signal, () => {
      isStopping = true;
      // Only output is left, and nothing may be reading it.
      if (hasEnded) process.exit();
      listener(signal);
    });
  }
}

/** Ends the process after `ms` of real time at the latest, whatever it still waits for. */
export function exitWithin(ms: number, code: number): void {
  setTimeout(() => process.exit(code), ms).unref();
}

/** Sets the exit code. Output that is not read keeps the process alive, unless a signal has stopped it. */
export function endWith(code: number): void {
  process.exitCode = code;
  hasEnded = true;
  if (isStopping) exitWithin(FLUSH_TIMEOUT_MS, code);
}
