import { whyNoAnswer } from '../contracts/asking.ts';
import { ADMIN } from '../control/schema/paths.ts';
import { MEDIA_PORTS } from '../guide/ports.ts';
import { readOptions } from '../options/read.ts';
import type { AllRead } from '../options/table.ts';
import { unreachable } from '../server/media/ports.ts';
import { type Command, complain, EXIT, print, runningAt } from './command.ts';

const PATIENCE_MS = 3_000;

/** Asks a simulator that runs with the same options whether it is well. */
export const healthcheck: Command = async ({ args, env, cwd }) => {
  const { port, host, mediaPorts, ...unread } = readOptions('healthcheck', { argv: args, env, cwd }).options;
  unread satisfies AllRead;
  const url = `${runningAt({ port, host })}${ADMIN}/health`;
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { status, version, message } = (await answer.json()) as Record<string, string | undefined>;
    const closed = mediaPorts
      ? await unreachable(new URL(url).hostname.replace(/^\[|\]$/g, ''), MEDIA_PORTS)
      : [];
    if (closed.length > 0) {
      complain(`unhealthy: ${closed.join(' and ')} cannot be reached; guide 6.2`);
      return EXIT.checkFailed;
    }
    if (answer.ok && status === 'ok') {
      print(`ok: mock-veridas ${version} at ${url}`);
      return EXIT.good;
    }
    complain(`unhealthy: ${url} answered ${answer.status}${message === undefined ? '' : `: ${message}`}`);
  } catch (error) {
    complain(`unhealthy: no answer from ${url}: ${whyNoAnswer(error)}`);
  }
  return EXIT.checkFailed;
};
