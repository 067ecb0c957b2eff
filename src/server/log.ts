import { type Logger, pino } from 'pino';
import type { LogFormat, LogLevel } from '../options/choices.ts';

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** What matters to people in an entry of the log. */
interface LogRecord {
  readonly level: string;
  readonly msg?: string;
  /** By which it can be found. */
  readonly failure?: string;
  readonly err?: { readonly message: string; readonly stack: string };
}

/** A stack is for the faults that are ours; what else is logged is meant for who runs the simulator. */
function formatText({ level, msg, failure, err }: LogRecord): string {
  const line = (msg ?? err?.message ?? '').replace(/\p{Cc}+/gu, ' ');
  if (level !== 'error' || err === undefined) return line;
  if (failure !== undefined) return `failure ${failure}: ${err.stack}`;
  return msg === undefined || msg === err.message ? err.stack : `${line}: ${err.stack}`;
}

/** An entry as a line for people, out of a line of JSON. */
function formatRecord(json: string): string {
  const entry = JSON.parse(json) as LogRecord;
  return `mock-veridas: ${entry.level}: ${formatText(entry)}\n`;
}

/** The log of a simulator: to standard error, a line for each entry. */
export const createLogger = ({ level, format }: LogSettings): Logger =>
  pino(
    {
      level,
      // Whoever reads the log knows the process and the machine.
      base: null,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: (json) => void process.stderr.write(format === 'json' ? json : formatRecord(json)) },
  );
