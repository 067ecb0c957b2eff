import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { COMMAND } from './instances.ts';

/** The resources of a process after garbage collection. */
export interface ResourceUsage {
  /** Used heap in bytes. */
  readonly heap: number;
  /** Resident memory in bytes. */
  readonly resident: number;
  /** Open connections. */
  readonly sockets: number;
}

/** The simulator in its own process, which tests can inspect. */
export interface RealProcess {
  readonly url: string;
  /** Returns everything written to standard error. */
  readonly getErrors: () => string;
  /** Whether the process has not exited. */
  readonly isAlive: () => boolean;
  measure(): Promise<ResourceUsage>;
  /** Runs `code` in the process. */
  run(code: string): void;
  /** Sends SIGTERM and returns the exit code. */
  stop(): Promise<number | null>;
}

/** Preloaded into the process: reports its resources and runs the code it receives. */
const PROBE = `
process.on('message', async (code) => {
  if (code !== '') return void (0, eval)(code);
  for (let i = 0; i < 3; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
  }
  const sockets = process.getActiveResourcesInfo().filter((what) => what === 'TCPSocketWrap').length;
  const { heapUsed: heap, rss: resident } = process.memoryUsage();
  process.send({ heap, resident, sockets });
});
process.channel.unref();
`;

export interface RealOptions {
  readonly flags?: readonly string[];
  readonly command?: string;
  /** Added to the environment of this process; undefined removes a variable. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd?: string;
  /** Maximum size of a file that it writes, in blocks of 512 bytes. */
  readonly maxBlocks?: number;
  /** The id of the user that runs it. Only root can set it. */
  readonly uid?: number;
}

/** Starts the published command, or a copy of it. */
export async function startProcess(options: RealOptions = {}): Promise<RealProcess> {
  const { flags = [], command = COMMAND, env = {}, maxBlocks = 'unlimited', ...place } = options;
  const probe = `data:text/javascript,${encodeURIComponent(PROBE)}`;
  const args = ['--expose-gc', '--import', probe, command, 'start', '--port', '0', ...flags];
  const shell = ['-c', `ulimit -f ${maxBlocks}; exec "$0" "$@"`, process.execPath];
  const child: ChildProcess = spawn('sh', [...shell, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // biome-ignore lint/style/noProcessEnv: the child inherits the environment
    env: { ...process.env, ...env },
    ...place,
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let errors = '';
  child.stderr?.on('data', (text) => {
    errors += text;
  });
  const stdout = child.stdout as NonNullable<ChildProcess['stdout']>;
  for await (const line of createInterface({ input: stdout })) {
    const url = /listening on (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return {
      url,
      getErrors: () => errors,
      isAlive: () => child.exitCode === null && child.signalCode === null,
      async measure() {
        const answer = once(child, 'message') as Promise<[ResourceUsage]>;
        child.send('');
        const [usage] = await answer;
        return usage;
      },
      run: (code) => void child.send(code),
      async stop() {
        child.kill('SIGTERM');
        const [code] = await exited;
        return code;
      },
    };
  }
  throw new Error(`it ended before it was ready: ${errors}`);
}
