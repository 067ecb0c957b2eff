import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildChanged } from '../support/changed-command.ts';
import { type Drive, driveAt } from '../support/drive.ts';
import { parseSetup } from '../support/fake-page.ts';
import { useHome } from '../support/home.ts';
import { createSeededRandom, type SeededRandom } from '../support/hostile/chance.ts';
import { mutateFrames } from '../support/hostile/h2.ts';
import { type HostileRequest, mutateRequest } from '../support/hostile/mutations.ts';
import { VALID, type ValidRequest } from '../support/hostile/valid.ts';
import { type Outcome, sendHostile, type Transport } from '../support/hostile/wire.ts';
import { type RealProcess, type ResourceUsage, startProcess } from '../support/real-process.ts';

/** `HOSTILE=100000 npx vitest run hostile` sends more requests. `SEED` repeats a run. */
// biome-ignore lint/style/noProcessEnv: the caller chooses the number of requests
const { HOSTILE = '3000', SEED = String(Date.now() % 2 ** 32) } = process.env;
const REQUEST_COUNT = Number(HOSTILE);
const CONCURRENCY = 48;
const ROUND_SIZE = 1_500;
const JOURNAL_SIZE = 20_000;
const PLAIN: Transport = { over: 'tcp' };
const TLS: Transport = { over: 'tls', alpn: 'http/1.1' };
const HTTP2: Transport = { over: 'tls', alpn: 'h2' };
/** One in this many connections uses TLS, which is expensive. */
const TLS_INTERVAL = 25;

/** Bytes by which the heap may grow, for compiled code and caches. */
const MAX_HEAP_GROWTH = 12 << 20;

interface Journalled {
  readonly items: readonly {
    readonly id: number;
    readonly path: string;
    readonly status: number | null;
    readonly cause: string | null;
    readonly fault_id: string | null;
  }[];
}

/** The problem with an outcome, if there is one. */
function findProblem({ answer, hangs }: Outcome): string | undefined {
  if (hangs !== undefined) return hangs;
  const [head = ''] = answer.split('\r\n\r\n', 1);
  if (/^x-injected:/im.test(head)) return 'a header was injected';
  if (/\n\s+at .*:\d+:\d+/.test(answer)) return 'a stack trace was sent';
  // The journal tells whether the imitated service or a fault gives this 5xx, so it is checked there.
  const isCheckedInJournal = /Server Error \(500\)|<head><title>5\d\d /.test(answer);
  const isOfDemo = answer.includes('the demo backend');
  if (/^HTTP\/1\.1 5\d\d/m.test(answer) && !isCheckedInJournal && !isOfDemo) return `it answered ${head}`;
  return undefined;
}

const TIMEOUT_MS = 180_000 + REQUEST_COUNT * 20;

const home = useHome();

describe(`hostile requests from SEED=${SEED}`, { timeout: TIMEOUT_MS }, () => {
  /** The command with a request timeout of 5 seconds instead of 30. */
  let command: string;
  let server: RealProcess;
  let drive: Omit<Drive, 'mock'>;
  let before: ResourceUsage;
  let last = 0;
  const problems: string[] = [];
  const chance = createSeededRandom(Number(SEED));

  const reset = () => fetch(`${server.url}/__admin/reset`, { method: 'POST' });
  /** Valid requests with a new token and ticket, which last for a round unless one of its requests ends them. */
  async function createValidRequests(): Promise<ValidRequest[]> {
    await reset();
    const token = await drive.token();
    const { html } = await drive.open(token, 'val-1');
    const ticket = new URL(parseSetup(html).stream, server.url).searchParams.get('ticket') ?? '';
    const fill = (text: string) => text.replace('TOKEN', token).replace('TICKET', ticket);
    return VALID.map((one) => ({ ...one, path: fill(one.path), body: fill(one.body) }));
  }

  function drawRequest(
    valid: readonly ValidRequest[],
    host: string,
    from: SeededRandom,
  ): [HostileRequest, Transport] {
    if (from.below(TLS_INTERVAL) > 0) return [mutateRequest(valid, host, from), PLAIN];
    if (from.below(2) === 0) return [mutateRequest(valid, host, from), TLS];
    const bytes = mutateFrames(valid, host, from);
    return [
      { what: 'frames of HTTP/2', bytes, isLongLasting: false, isWhole: false, end: 'by itself' },
      HTTP2,
    ];
  }

  async function playRound(): Promise<void> {
    const valid = await createValidRequests();
    const { host, port } = new URL(server.url);
    const drafts = Array.from({ length: ROUND_SIZE }, () => drawRequest(valid, host, chance));
    const worker = async () => {
      for (let one = drafts.pop(); one !== undefined; one = drafts.pop()) {
        const [hostile, transport] = one;
        const outcome = await sendHostile(Number(port), hostile, transport);
        const problem = findProblem(outcome);
        if (problem === undefined) continue;
        const sent = JSON.stringify(hostile.bytes.subarray(0, 200).toString('latin1'));
        problems.push(
          `${hostile.what}: ${problem}\n  sent ${sent}\n  got ${JSON.stringify(outcome.answer.slice(0, 200))}`,
        );
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, worker));
    const { items } = (await (
      await fetch(`${server.url}/__admin/requests?after=${last}`)
    ).json()) as Journalled;
    for (const { id, path, status, cause, fault_id } of items) {
      last = Math.max(last, id);
      if (status !== null && status >= 500 && cause !== 'crash' && fault_id === null)
        problems.push(`the journal has ${path}: ${status} ${cause}`);
    }
  }

  beforeAll(async () => {
    command = await buildChanged('hostile', [
      { file: 'server/timeouts.ts', snippet: 'request: 30_000', replacement: 'request: 5_000' },
    ]);
    const flags = ['--https', '--log-level', 'error', '--journal-size', String(JOURNAL_SIZE)];
    server = await startProcess({ flags, command, env: { HOME: home() } });
    drive = driveAt({ url: server.url, adminUrl: `${server.url}/__admin` });
    // The first round compiles code and fills caches, so memory is measured after it.
    await playRound();
    await reset();
    before = await server.measure();
    for (let done = ROUND_SIZE; done < REQUEST_COUNT; done += ROUND_SIZE) await playRound();
    await reset();
  }, TIMEOUT_MS);
  afterAll(async () => {
    await server?.stop();
    rmSync(command);
  });

  it('answers or ends every hostile request, with no 5xx that the imitated service would not give', () => {
    expect(problems.slice(0, 10)).toEqual([]);
  });

  it('still answers valid requests after hostile ones', async () => {
    expect(server.isAlive()).toBe(true);
    expect((await drive.open(await drive.token(), 'val-2')).state).toBe('waiting-room');
  });

  it('writes nothing to the log for hostile requests', () => {
    expect(server.getErrors()).toBe('');
  });

  it('adds no property to the prototype of all objects', async () => {
    server.run('for (const key in {}) console.error("polluted", key)');
    await server.measure();
    expect(server.getErrors()).not.toContain('polluted');
  });

  it('closes all connections and frees their memory after hostile requests', async () => {
    await expect.poll(async () => (await server.measure()).sockets).toBeLessThanOrEqual(before.sockets);
    expect((await server.measure()).heap - before.heap).toBeLessThan(MAX_HEAP_GROWTH);
  });
});
