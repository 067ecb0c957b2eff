import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';

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
const POLL_MS = 10;
const PEER_START_TIMEOUT_MS = 30_000;

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}

const isListening = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

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

/** What is measured of a process that serves `url`. */
function observe(child: ChildProcess, url: string): Served {
  const kill = () => child.kill();
  process.once('exit', kill);
  const proc = (file: string) => readFileSync(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    url,
    memory: () => Number(/VmRSS:\s+(\d+)/.exec(proc('status'))?.[1]) * 1024,
    processorTime() {
      // In nanoseconds. What `stat` has is in hundredths of a second, which are two microseconds a token.
      const times = readdirSync(`/proc/${child.pid}/task`).map((thread) => {
        try {
          return Number(proc(`task/${thread}/schedstat`).split(' ', 1)[0]);
        } catch {
          // It has ended meanwhile.
          return 0;
        }
      });
      return times.reduce((sum, time) => sum + time, 0) / 1e6;
    },
    async stop() {
      process.off('exit', kill);
      kill();
      await once(child, 'exit');
    },
  };
}

/** Starts a program that prints `listening on URL` when it is ready. */
export async function serve(...program: readonly string[]): Promise<Served> {
  const child = spawn(process.execPath, program, { stdio: ['ignore', 'pipe', 'inherit'] });
  return observe(child, await ready(child));
}

/** Starts another server by its command, and waits until it listens on the port that replaces `{port}`. */
export async function peer(command: string): Promise<Served> {
  const port = await findFreePort();
  // The server must replace the shell, whose processor time would be measured otherwise.
  const child = spawn(`exec ${command.replaceAll('{port}', String(port))}`, {
    shell: true,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const givesUpAt = performance.now() + PEER_START_TIMEOUT_MS;
  while (!(await isListening(port))) {
    if (child.exitCode !== null || performance.now() > givesUpAt) {
      child.kill();
      throw new Error(`the peer does not listen on port ${port}: ${command}`);
    }
    await pause(POLL_MS);
  }
  return observe(child, `http://127.0.0.1:${port}`);
}

/** Runs the published command until it ends, and returns how long that took, in milliseconds. */
export async function run(...args: readonly string[]): Promise<number> {
  const begun = performance.now();
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}`);
  return performance.now() - begun;
}

/** Starts the published command. */
export const simulator = (...flags: readonly string[]): Promise<Served> =>
  serve(COMMAND, 'start', '--port', '0', ...flags);

/** Starts a minimal server that issues tokens, with `node:http` or with Fastify. */
export const bare = (name: 'http' | 'fastify'): Promise<Served> =>
  serve(path.join(import.meta.dirname, `bare-${name}.mjs`));
