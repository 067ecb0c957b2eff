import { type Logger, pino } from 'pino';
import type { LogFormat, LogLevel } from '../options/choices.ts';

export interface LogSettings {
  readonly level: LogLevel;
  readonly format: LogFormat;
}

/** The parts of a log entry that people read. */
interface LogRecord {
  readonly level: string;
  readonly msg?: string;
  /** The id of a failure. */
  readonly failure?: string;
  readonly err?: { readonly message: string; readonly stack: string };
}

/** Stacks are shown for our own failures only; other entries are for the operator. */
function formatText({ level, msg, failure, err }: LogRecord): string {
  const line = (msg ?? err?.message ?? '').replace(/\p{Cc}+/gu, ' ');
  if (level !== 'error' || err === undefined) return line;
  if (failure !== undefined) return `failure ${failure}: ${err.stack}`;
  return msg === undefined || msg === err.message ? err.stack : `${line}: ${err.stack}`;
}

/** A JSON log entry as a line for people. */
function formatRecord(json: string): string {
  const entry = JSON.parse(json) as LogRecord;
  return `mock-veridas: ${entry.level}: ${formatText(entry)}\n`;
}

/** What may wait in memory for a reader of standard error. Later entries are dropped, and counted. */
const MAX_UNREAD_BYTES = 1 << 20;

/** Writes log entries to standard error, unless too much of it is still unread. */
function createWriter(format: LogFormat): (json: string) => void {
  let dropped = 0;
  const write = (json: string) => void process.stderr.write(format === 'json' ? json : formatRecord(json));
  return (json) => {
    if (process.stderr.writableLength > MAX_UNREAD_BYTES) {
      dropped += 1;
      return;
    }
    if (dropped > 0) {
      const msg = `${dropped} log entries are missing here: standard error was not read in time`;
      write(`${JSON.stringify({ level: 'warn', msg })}\n`);
      dropped = 0;
    }
    write(json);
  };
}

/** The simulator's log: one line per entry on standard error. */
export const createLogger = ({ level, format }: LogSettings): Logger =>
  pino(
    {
      level,
      // The reader knows the process and the machine.
      base: null,
      formatters: { level: (label) => ({ level: label }) },
    },
    { write: createWriter(format) },
  );
