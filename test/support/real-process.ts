import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { COMMAND } from './instances.ts';

/** What a process holds when it has thrown away what it can. */
export interface ResourceUsage {
  /** Bytes of its heap. */
  readonly heap: number;
  /** Bytes of the machine's memory. */
  readonly resident: number;
  /** Connections that are open. */
  readonly sockets: number;
}

/** The simulator as a process, which can be looked into. */
export interface RealProcess {
  readonly url: string;
  /** All that it has said on standard error. */
  readonly getErrors: () => string;
  /** The process is there and has not begun to end. */
  readonly isAlive: () => boolean;
  measure(): Promise<ResourceUsage>;
  /** Runs `code` in it. */
  run(code: string): void;
  /** Asks it to stop, and answers its exit code. */
  stop(): Promise<number | null>;
}

/** Runs in the process before it: answers what it holds, and runs what it is told to. */
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
  /** Beside those of this process; undefined takes one of these away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd?: string;
  /** So many blocks, of 512 bytes, may be in a file that it writes. */
  readonly maxBlocks?: number;
  /** The number of the user who runs it, which only the superuser can choose. */
  readonly uid?: number;
}

/** Starts the command as it is published, or a copy of it. */
export async function startProcess(options: RealOptions = {}): Promise<RealProcess> {
  const { flags = [], command = COMMAND, env = {}, maxBlocks = 'unlimited', ...place } = options;
  const probe = `data:text/javascript,${encodeURIComponent(PROBE)}`;
  const args = ['--expose-gc', '--import', probe, command, 'start', '--port', '0', ...flags];
  const shell = ['-c', `ulimit -f ${maxBlocks}; exec "$0" "$@"`, process.execPath];
  const child: ChildProcess = spawn('sh', [...shell, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // biome-ignore lint/style/noProcessEnv: a child needs what any child needs
    env: { ...process.env, ...env },
    ...place,
  });
  const exited = once(child, 'exit') as Promise<[number | null]>;
  let complaints = '';
  child.stderr?.on('data', (text) => {
    complaints += text;
  });
  const stdout = child.stdout as NonNullable<ChildProcess['stdout']>;
  for await (const line of createInterface({ input: stdout })) {
    const url = /listening on (\S+)/.exec(line)?.[1];
    if (url === undefined) continue;
    stdout.resume();
    return {
      url,
      getErrors: () => complaints,
      isAlive: () => child.exitCode === null && child.signalCode === null,
      async measure() {
        const answer = once(child, 'message') as Promise<[ResourceUsage]>;
        child.send('');
        const [holding] = await answer;
        return holding;
      },
      run: (code) => void child.send(code),
      async stop() {
        child.kill('SIGTERM');
        const [code] = await exited;
        return code;
      },
    };
  }
  throw new Error(`it ended before it was ready: ${complaints}`);
}
