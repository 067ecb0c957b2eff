import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { type Engine, type Outcome, startEngine } from './engine.ts';
import type { Play, Played } from './play-call.ts';

export const ROOT = path.join(import.meta.dirname, '../..');
export const IMAGE = 'mock-veridas';
const RECIPE_IMAGE = 'registry.example.com/mock-veridas:0.1.0';
export const SANDBOX = ['sandbox-client', 'sandbox-secret'] as const;
export const PASSWORD = 'only-for-tests';
/** Starting the engine and building the image take minutes on a busy machine. */
const SETUP_MS = 1_800_000;
export const TEST_MS = 600_000;
/** A question to the engine costs a process. */
export const POLL_MS = 1_000;

const NETWORK = 'neighbours';
const HARDENED = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];
const PLAY_CALL = path.join(import.meta.dirname, 'play-call.ts');
const NODE_FOLDER = path.resolve(process.execPath, '../..');

/** Programs of this machine in another container. */
const NEIGHBOUR = [
  ...['docker', 'run', '--rm', '--network', NETWORK, '--env', `PATH=${NODE_FOLDER}/bin:/usr/bin`],
  ...[...new Set(['/usr', '/etc', NODE_FOLDER, ROOT])].flatMap((folder) => [
    '--volume',
    `${folder}:${folder}:ro`,
  ]),
  ...['--workdir', ROOT, 'debian:bookworm-slim'],
];

/** The image in an engine, and what its tests need. */
export interface Containers {
  /** Runs a command in the network where the engine publishes ports. A non-zero exit code does not reject. */
  run: Engine['run'];
  /** The same in a neighbouring container. */
  runNearby(command: readonly string[]): Promise<Outcome>;
  docker(...args: string[]): Promise<string>;
  compose(profile: string, ...args: string[]): Promise<string>;
  inspect(format: string, name: string): Promise<string>;
  /** Returns the status that curl gets, or 000. */
  statusOf(...args: string[]): Promise<string>;
  /** Starts a container of the image without privileges, and waits until it is healthy. */
  start(name: string, flags: readonly string[], command?: readonly string[]): Promise<void>;
  /** Stops and removes a container; returns how long the stop took in milliseconds. */
  stop(name: string): Promise<number>;
  /** Gives a container the name by which its neighbours find it. */
  addNeighbour(name: string): Promise<string>;
  playCall(play: Omit<Play, 'password'>, where: 'host' | 'nearby'): Promise<Played>;
  restartEngine(): Promise<void>;
  /** A folder for files. */
  folder(): string;
}

/** Starts an engine and builds the image before the tests, and removes both after them. */
export function useContainers(): Containers {
  let engine: Engine;
  let folder = '';
  const docker = (...args: string[]) => engine.must(['docker', ...args]);
  const inspect = (format: string, name: string) => docker('inspect', '--format', format, name);
  const run: Engine['run'] = (command, options) => engine.run(command, options);
  const runNearby = (command: readonly string[]) => run([...NEIGHBOUR, ...command]);

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-containers-'));
    engine = await startEngine();
    await docker('build', '--quiet', '--tag', IMAGE, '--tag', RECIPE_IMAGE, ROOT);
    await docker('network', 'create', NETWORK);
  }, SETUP_MS);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await engine?.stop();
  }, SETUP_MS);

  return {
    run,
    runNearby,
    docker,
    inspect,
    compose: (profile, ...args) =>
      engine.must(['docker-compose', '--project-name', profile, '--profile', profile, ...args], {
        cwd: ROOT,
      }),
    async statusOf(...args) {
      const quiet = ['--silent', '--output', '/dev/null', '--write-out', '%{http_code}', '--max-time', '60'];
      return (await run(['curl', ...quiet, ...args])).output;
    },
    async start(name, flags, command = []) {
      await docker('run', '--detach', '--name', name, ...HARDENED, ...flags, IMAGE, ...command);
      const getHealth = () => inspect('{{.State.Health.Status}}', name);
      await expect.poll(getHealth, { timeout: TEST_MS, interval: POLL_MS }).toBe('healthy');
    },
    async stop(name) {
      const from = Date.now();
      await docker('stop', name);
      const took = Date.now() - from;
      await docker('rm', '--volumes', name);
      return took;
    },
    addNeighbour: (name) => docker('network', 'connect', '--alias', 'videocall', NETWORK, name),
    async playCall(play, where) {
      const command = [
        process.execPath,
        '--import',
        'tsx',
        PLAY_CALL,
        JSON.stringify({ ...play, password: PASSWORD }),
      ];
      const { code, output } = await (where === 'host' ? run(command, { cwd: ROOT }) : runNearby(command));
      expect(code, output).toBe(0);
      return JSON.parse(output.split('\n').at(-1) ?? '');
    },
    restartEngine: () => engine.restart(),
    folder: () => folder,
  };
}
