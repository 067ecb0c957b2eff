import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { explainMissingTool, type Tool } from '../support/tools.ts';

const SCRIPT = path.join(import.meta.dirname, 'engine.sh');
const TOOLS: readonly Tool[] = ['runc', 'iptables', 'slirp4netns', 'mmdebstrap', 'docker-compose', 'curl'];
const REGISTRY_TIMEOUT_MS = 10_000;

const canAsk = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(REGISTRY_TIMEOUT_MS) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Returns why no engine can be started here, or undefined. */
export async function explainMissingEngine(): Promise<string | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return 'the engine needs Linux and root';
  if (!readFileSync('/etc/os-release', 'utf8').includes('VERSION_CODENAME=bookworm'))
    return 'the engine comes from the packages of Debian 12';
  const missing = TOOLS.map(explainMissingTool).find((why) => why !== undefined);
  if (missing !== undefined) return missing;
  if (spawnSync('unshare', ['--net', '--mount', 'true']).status !== 0)
    return 'the engine needs namespaces, which this machine does not permit';
  if (spawnSync('apt-cache', ['show', 'docker.io']).status !== 0) return 'apt-get knows no docker.io';
  if (!(await canAsk('https://registry.npmjs.org/redis'))) return 'the npm registry cannot be reached';
  return undefined;
}

export interface Outcome {
  readonly code: number;
  /** Standard output and standard error. */
  readonly output: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

function run(args: readonly string[], { cwd, env }: RunOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    // biome-ignore lint/style/noProcessEnv: the child inherits the environment
    const child = spawn(SCRIPT, args, { cwd, env: { ...process.env, ...env } });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        output += chunk;
      });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, output: output.trim() }));
  });
}

/** A container engine that shares nothing with others on this machine. */
export interface Engine {
  readonly folder: string;
  /** Runs a command in the network where the engine publishes ports. A non-zero exit code does not reject. */
  run(command: readonly string[], options?: RunOptions): Promise<Outcome>;
  /** Runs a command that must succeed; returns its output. */
  must(command: readonly string[], options?: RunOptions): Promise<string>;
  /** Restarts the daemon, as a restart of the machine does. */
  restart(): Promise<void>;
  /** Stops the engine and removes everything that it created. */
  stop(): Promise<void>;
}

/**
 * Starts an engine, with images that stand in for the official ones. It ends with this process at the latest. With
 * `ENGINE=FOLDER` it is the one that `engine.sh up FOLDER` has started, and is left running.
 *
 * @throws with the output of what failed
 */
export async function startEngine(): Promise<Engine> {
  // biome-ignore lint/style/noProcessEnv: a developer keeps an engine between runs
  const kept = process.env.ENGINE;
  const folder = kept ?? mkdtempSync(path.join(tmpdir(), 'mv-engine-'));
  const must = async (args: readonly string[], options?: RunOptions) => {
    const { code, output } = await run(args, options);
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${output}`);
    return output;
  };
  const stop = async () => {
    if (kept === undefined) await must(['down', folder]);
  };
  if (kept === undefined) {
    spawn(SCRIPT, ['guard', folder, String(process.pid)], { detached: true, stdio: 'ignore' }).unref();
    await must(['up', folder]).catch(async (error) => {
      await stop();
      throw error;
    });
  }
  return {
    folder,
    run: (command, options) => run(['in', folder, ...command], options),
    must: (command, options) => must(['in', folder, ...command], options),
    restart: async () => void (await must(['restart', folder])),
    stop,
  };
}
