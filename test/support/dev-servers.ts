import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInstallArgs, getPackageFolder } from './optional-packages.ts';
import { findFreePort } from './redis.ts';

const FOLDER = getPackageFolder('dev-servers');

interface DevServer {
  readonly name: string;
  /** Its packages in the npm registry; the first one has its command. */
  readonly packages: readonly [string, ...string[]];
  /** The files of a project that proxies `/call` to the simulator. */
  createFiles(simulator: string): Readonly<Record<string, string>>;
  /** The module to run, and its arguments. */
  createArgs(port: number): readonly string[];
}

/** Dev servers with their defaults. Each compresses what it proxies. */
export const DEV_SERVERS: readonly DevServer[] = [
  {
    name: 'webpack-dev-server 5',
    packages: ['webpack-dev-server@5', 'webpack@5'],
    createFiles: (simulator) => ({
      'src/index.js': '',
      'serve.cjs': `
        const { webpack } = require('webpack');
        const Server = require('webpack-dev-server');
        const proxy = [{ context: ['/call'], target: '${simulator}' }];
        new Server({ port: Number(process.argv[2]), proxy }, webpack({ mode: 'development' })).start();`,
    }),
    createArgs: (port) => ['serve.cjs', String(port)],
  },
  {
    name: 'Next',
    packages: ['next@16', 'react@19', 'react-dom@19'],
    createFiles: (simulator) => ({
      'package.json': '{}',
      'pages/index.js': 'export default function Page() { return null }',
      'next.config.mjs': `export default {
        rewrites: async () => [{ source: '/call/:path*', destination: '${simulator}/call/:path*' }],
      };`,
    }),
    createArgs: (port) => ['node_modules/next/dist/bin/next', 'dev', '--port', String(port)],
  },
];

const toFolderName = (one: string) => one.replace(/@\d+$/, '');

/** Returns why tests that need this dev server are skipped, or undefined if they run. */
export const explainMissingDevServer = ({ name, packages }: DevServer): string | undefined =>
  packages.every((one) => existsSync(path.join(FOLDER, 'node_modules', toFolderName(one))))
    ? undefined
    : `there is no ${name}: npm test installs it from the npm registry`;

/** Returns the npm arguments that install the dev servers; empty if none is missing. */
export const createDevServerInstallArgs = (): string[] =>
  DEV_SERVERS.every((one) => explainMissingDevServer(one) === undefined)
    ? []
    : createInstallArgs(
        FOLDER,
        DEV_SERVERS.flatMap(({ packages }) => packages),
      );

/** Starts a dev server whose `/call` is the simulator at this address. Returns its port, and a function that stops it. */
export async function startDevServer(server: DevServer, simulator: string) {
  const port = await findFreePort();
  mkdirSync(FOLDER, { recursive: true });
  const project = mkdtempSync(path.join(FOLDER, 'project-'));
  symlinkSync(path.join(FOLDER, 'node_modules'), path.join(project, 'node_modules'));
  for (const [file, text] of Object.entries(server.createFiles(simulator))) {
    mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
    writeFileSync(path.join(project, file), text);
  }
  const child = spawn(process.execPath, server.createArgs(port), {
    cwd: project,
    stdio: 'ignore',
    // A dev server starts processes of its own.
    detached: true,
    // biome-ignore lint/style/noProcessEnv: the child inherits the environment, without the mode of the test
    env: { ...process.env, NODE_ENV: 'development', NEXT_TELEMETRY_DISABLED: '1' },
  });
  const exited = once(child, 'exit');
  return {
    port,
    async stop() {
      process.kill(-(child.pid as number), 'SIGKILL');
      await exited;
      rmSync(project, { recursive: true, force: true });
    },
  };
}
