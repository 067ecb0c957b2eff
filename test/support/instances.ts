import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { parseSetup } from './fake-page.ts';

/** The command, as it is published. */
export const COMMAND = path.join(import.meta.dirname, '../../dist/mock-veridas.cjs');

/** One of several simulators with one store, in a process of its own. */
export interface Instance {
  readonly url: string;
  /** Ends it in the middle of whatever it does. */
  kill(): Promise<void>;
  /** Starts it again at the same address, if it was killed. */
  start(): Promise<void>;
}

/** Starts a simulator; one that was killed keeps its port. */
export async function startInstance(flags: readonly string[], command = COMMAND): Promise<Instance> {
  let child: ChildProcess | undefined;
  let url = '';
  let starting: Promise<void> | undefined;

  async function launch(): Promise<void> {
    const port = url === '' ? '0' : new URL(url).port;
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
  /** Its Redis may be starting as well; an operator would start it again, too. */
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

/** A page that comes back by itself, to whichever instance there is, as a browser's EventSource does. */
export interface FaithfulPage {
  /** Which call it belongs to. */
  readonly callId: string;
  /** Codes of the events that it has heard, in order. */
  readonly heard: readonly string[];
  /** Ids of the events that came again. */
  readonly repeated: readonly number[];
  /** It was told that its call is gone. */
  readonly isReset: boolean;
  leave(): void;
}

interface StreamMessage {
  readonly reset?: true;
  readonly post?: { readonly data: { readonly code: string } };
}

/**
 * Attends the call of a page.
 *
 * @param next the instance to which it comes next
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
    const told = JSON.parse(data) as StreamMessage;
    if (told.reset) {
      page.isReset = true;
      page.leave();
    }
    if (id === undefined || told.post === undefined) return;
    if (last !== undefined && Number(id) <= last) page.repeated.push(Number(id));
    last = Number(id);
    page.heard.push(told.post.data.code);
    void report();
  }

  /** Tells what was posted so far, once; a later report makes up for one that is lost with its instance. */
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
        // Its instance has gone; another may be there.
      }
      if (!abort.signal.aborted) await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return page;
}
