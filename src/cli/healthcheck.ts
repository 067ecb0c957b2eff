import { askHealth, controlAddress, controlAt } from '../control/client.ts';
import { RequestFailed } from '../control/schema/client.ts';
import { SERVER_ROUTES } from '../control/schema/server.ts';
import { MEDIA_PORTS } from '../guide/ports.ts';
import { readOptions, type Surroundings } from '../options/read.ts';
import type { AllRead, OptionsFor } from '../options/table.ts';
import { getHostname } from '../server/address.ts';
import { findUnreachablePorts } from '../server/media/ports.ts';
import { type Command, EXIT, print, printError, resolveServerUrl } from './command.ts';
import { readContainerFlags } from './command-line.ts';

const TIMEOUT_MS = 3_000;
const UNWELL = SERVER_ROUTES['GET /health'].otherwise.status;

const answered = (status: number, message?: string): string =>
  `answered ${status}${message === undefined ? '' : `: ${message}`}`;

/** Why the simulator at `url` cannot be asked. */
function failureText({ code, message, status }: RequestFailed, url: string): string {
  if (code === 'unreachable') return `no answer from ${url}: ${message}`;
  return `${url} ${code === 'not_simulator' || status === undefined ? message : answered(status, message)}`;
}

/** The options of the simulator to check. The health check of an image does not get the flags of its container. */
async function readHealthOptions(surroundings: Surroundings): Promise<OptionsFor<'healthcheck'>> {
  const flags = surroundings.argv.length === 0 ? readContainerFlags() : undefined;
  if (flags !== undefined) {
    const { port, host, mediaPorts } = (await readOptions('start', { ...surroundings, argv: flags })).options;
    return { port, host, mediaPorts };
  }
  const { port, host, mediaPorts, ...unread } = (await readOptions('healthcheck', surroundings)).options;
  unread satisfies AllRead;
  return { port, host, mediaPorts };
}

/** Checks the health of a simulator that runs with the same options. */
export const healthcheck: Command = async ({ args, env, cwd }) => {
  const { port, host, mediaPorts } = await readHealthOptions({ argv: args, env, cwd });
  const base = controlAddress(resolveServerUrl({ port, host }));
  const url = `${base}/health`;
  try {
    const { status, version, message } = await askHealth(controlAt(base, TIMEOUT_MS));
    const closedPorts = mediaPorts ? await findUnreachablePorts(getHostname(url), MEDIA_PORTS) : [];
    if (closedPorts.length > 0) {
      printError(`unhealthy: ${closedPorts.join(' and ')} cannot be reached; guide 6.2`);
      return EXIT.checkFailed;
    }
    if (status === 'ok') {
      print(`ok: mock-veridas ${version} at ${url}`);
      return EXIT.good;
    }
    printError(`unhealthy: ${url} ${answered(UNWELL, message)}`);
  } catch (error) {
    if (!(error instanceof RequestFailed)) throw error;
    printError(`unhealthy: ${failureText(error, url)}`);
  }
  return EXIT.checkFailed;
};
