import { askHealth, controlAddress, controlAt } from '../control/client.ts';
import { RequestFailed } from '../control/schema/client.ts';
import { SERVER_ROUTES } from '../control/schema/server.ts';
import { MEDIA_PORTS } from '../guide/ports.ts';
import { readOptions } from '../options/read.ts';
import type { AllRead } from '../options/table.ts';
import { getHostname } from '../server/address.ts';
import { findUnreachablePorts } from '../server/media/ports.ts';
import { type Command, EXIT, print, printError, resolveServerUrl } from './command.ts';

const TIMEOUT_MS = 3_000;
const UNWELL = SERVER_ROUTES['GET /health'].otherwise.status;

const answered = (status: number, message?: string): string =>
  `answered ${status}${message === undefined ? '' : `: ${message}`}`;

/** Why the simulator at `url` cannot be asked. */
function failureText({ code, message, status }: RequestFailed, url: string): string {
  if (code === 'unreachable') return `no answer from ${url}: ${message}`;
  return `${url} ${code === 'not_simulator' || status === undefined ? message : answered(status, message)}`;
}

/** Checks the health of a simulator that runs with the same options. */
export const healthcheck: Command = async ({ args, env, cwd }) => {
  const { port, host, mediaPorts, ...unread } = readOptions('healthcheck', { argv: args, env, cwd }).options;
  unread satisfies AllRead;
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
