import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseSetup } from './fake-page.ts';
import { findFreePort } from './redis.ts';

/** The published command. */
export const COMMAND = path.join(import.meta.dirname, '../../dist/mock-veridas.cjs');

/** One of several simulators with one store, in its own process. */
export interface Instance {
  readonly url: string;
  /** Kills the process without a shutdown. */
  kill(): Promise<void>;
  /** Restarts it at the same address, if it was killed. */
  start(): Promise<void>;
}

/** Starts a simulator. It keeps its port after it is killed. */
export async function startInstance(flags: readonly string[], command = COMMAND): Promise<Instance> {
  let child: ChildProcess | undefined;
  const port = String(await findFreePort());
  let url = '';
  let starting: Promise<void> | undefined;

  async function launch(): Promise<void> {
    const started = spawn(
      process.execPath,
      [command, 'start', '--port', port, '--log-level', 'error', ...flags],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    child = started;
    for await (const line of createInterface({ input: started.stdout })) {
      const found = /listening on (\S+)/.exec(line)?.[1];
      if (found === undefined) continue;
      url = found;
      started.stdout.resume();
      return;
    }
    throw new Error('an instance ended before it was ready');
  }
  /** Retries as an operator would, because the Redis may still be starting. */
  async function launchWithRetry(tries = 20): Promise<void> {
    await launch().catch(async (error) => {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
      await launchWithRetry(tries - 1);
    });
  }
  const start = () => {
    starting ??= launchWithRetry().finally(() => {
      starting = undefined;
    });
    return starting;
  };

  await start();
  return {
    get url() {
      return url;
    },
    async start() {
      if (child === undefined) await start();
    },
    async kill() {
      await starting?.catch(() => {});
      const killed = child;
      child = undefined;
      if (killed === undefined || killed.exitCode !== null || killed.signalCode !== null) return;
      killed.kill('SIGKILL');
      await once(killed, 'exit');
    },
  };
}

/** A page that reconnects to any running instance by itself, as a browser's EventSource does. */
export interface FaithfulPage {
  /** The call of the page. */
  readonly callId: string;
  /** The codes of the received events, in order. */
  readonly heard: readonly string[];
  /** The ids of events that it has received more than once. */
  readonly repeated: readonly number[];
  /** Whether it was notified that its call was reset. */
  readonly isReset: boolean;
  leave(): void;
}

interface StreamMessage {
  readonly reset?: true;
  readonly post?: { readonly data: { readonly code: string } };
}

/**
 * Opens the page of a call.
 *
 * @param next returns the address of the next instance to connect to
 */
export function openFaithfulPage(html: string, next: () => string): FaithfulPage {
  const setup = parseSetup(html);
  const { pathname, search, searchParams } = new URL(setup.stream, 'http://page');
  const reports = new URL(setup.reports, 'http://page');
  const [, payload = ''] = (searchParams.get('ticket') ?? '').split('.');
  const abort = new AbortController();
  const page = {
    callId: (JSON.parse(Buffer.from(payload, 'base64url').toString()) as { call: string }).call,
    heard: [] as string[],
    repeated: [] as number[],
    isReset: false,
    leave: () => abort.abort(),
  };
  let last: number | undefined;

  function onMessage(message: string): void {
    const id = /^id: (\d+)$/m.exec(message)?.[1];
    const data = /^data: (.*)$/m.exec(message)?.[1];
    if (data === undefined) return;
    const parsed = JSON.parse(data) as StreamMessage;
    if (parsed.reset) {
      page.isReset = true;
      page.leave();
    }
    if (id === undefined || parsed.post === undefined) return;
    if (last !== undefined && Number(id) <= last) page.repeated.push(Number(id));
    last = Number(id);
    page.heard.push(parsed.post.data.code);
    void report();
  }

  /** Reports all posted events once. If a report is lost with its instance, a later one includes its events. */
  async function report(): Promise<void> {
    const posted = Array.from({ length: page.heard.length }, (_, i) => (last ?? 0) - i);
    const body = JSON.stringify({ posted });
    await fetch(`${next()}${reports.pathname}${reports.search}`, { method: 'POST', body }).catch(() => {});
  }

  void (async () => {
    while (!abort.signal.aborted) {
      let unread = '';
      try {
        const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': String(last) };
        const { body } = await fetch(`${next()}${pathname}${search}`, { headers, signal: abort.signal });
        for await (const chunk of body ?? []) {
          unread += Buffer.from(chunk).toString();
          const messages = unread.split('\n\n');
          unread = messages.pop() ?? '';
          messages.forEach(onMessage);
        }
      } catch {
        // The instance is down; another may be up.
      }
      if (!abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return page;
}
