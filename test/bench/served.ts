import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';

/** A server in its own process, as its users run it. */
export interface Served {
  readonly url: string;
  /** Resident memory in bytes. */
  memory(): number;
  /** Processor time so far, in milliseconds. */
  processorTime(): number;
  stop(): Promise<void>;
}

const COMMAND = path.join(import.meta.dirname, '../../dist/mock-veridas.cjs');
/** One tick of the kernel's accounting, in milliseconds. */
const TICK_MS = 10;

async function ready(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('no output to read');
  for await (const line of createInterface({ input: child.stdout })) {
    const url = /listening on (\S+)/.exec(line)?.[1];
    if (url !== undefined) {
      child.stdout.resume();
      return url;
    }
  }
  throw new Error('it ended before it was ready');
}

/** Starts a program that prints `listening on URL` when it is ready. */
export async function serve(...program: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  const url = await ready(child);
  const proc = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    url,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))?.[1]) * 1024,
    processorTime() {
      const fields = proc('stat')
        .replace(/^.*\) /, '')
        .split(' ');
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** Starts the published command. */
export const simulator = (...flags: readonly string[]): Promise<Served> =>
  serve(COMMAND, 'start', '--port', '0', ...flags);

/** Starts a minimal server that issues tokens, with `node:http` or with Fastify. */
export const bare = (name: 'http' | 'fastify'): Promise<Served> =>
  serve(path.join(import.meta.dirname, `bare-${name}.mjs`));
