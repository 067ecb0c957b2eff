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

/** `HOSTILE=100000 npx vitest run hostile` tries more; `SEED` repeats what was tried. */
// biome-ignore lint/style/noProcessEnv: how much is tried is for who runs it to say
const { HOSTILE = '3000', SEED = String(Date.now() % 2 ** 32) } = process.env;
const HOW_MANY = Number(HOSTILE);
const AT_ONCE = 48;
const ROUND = 1_500;
const JOURNAL = 20_000;
const PLAIN: Transport = { over: 'tcp' };
const TLS: Transport = { over: 'tls', alpn: 'http/1.1' };
const HTTP2: Transport = { over: 'tls', alpn: 'h2' };
/** One in so many connections is made over TLS, which is dear. */
const TLS_IS_ONE_IN = 25;

/** Allowed to be held at the end beyond what was held at the beginning: code that is compiled, and caches. */
const MOST_HEAP_LEFT = 12 << 20;

interface Journalled {
  readonly items: readonly {
    readonly id: number;
    readonly path: string;
    readonly status: number | null;
    readonly cause: string | null;
    readonly fault_id: string | null;
  }[];
}

/** What is wrong with an answer, if anything. */
function wrongWith({ answer, hangs }: Outcome): string | undefined {
  if (hangs !== undefined) return hangs;
  const [head = ''] = answer.split('\r\n\r\n', 1);
  if (/^x-injected:/im.test(head)) return 'a header was injected';
  if (/\n\s+at .*:\d+:\d+/.test(answer)) return 'a stack trace was sent';
  // What the imitated service answers so is judged by the journal, and so is what a fault was asked to answer.
  const isJudgedThere = /Server Error \(500\)|<head><title>5\d\d /.test(answer);
  const isOfDemo = answer.includes("the demo's backend");
  if (/^HTTP\/1\.1 5\d\d/m.test(answer) && !isJudgedThere && !isOfDemo) return `it answered ${head}`;
  return undefined;
}

const home = useHome();

describe(`requests that were spoilt, from SEED=${SEED}`, { timeout: 30_000 + HOW_MANY * 20 }, () => {
  /** Breaks off requests that last longer than 5 seconds, instead of half a minute. */
  let command: string;
  let server: RealProcess;
  let asked: Omit<Drive, 'mock'>;
  let before: ResourceUsage;
  let last = 0;
  const trouble: string[] = [];
  const chance = createSeededRandom(Number(SEED));

  const reset = () => fetch(`${server.url}/__admin/reset`, { method: 'POST' });
  /** A token and a ticket are good for a round, or until something in it spoils them too. */
  async function filled(): Promise<ValidRequest[]> {
    await reset();
    const token = await asked.token();
    const { html } = await asked.open(token, 'val-1');
    const ticket = new URL(parseSetup(html).stream, server.url).searchParams.get('ticket') ?? '';
    const fill = (text: string) => text.replace('TOKEN', token).replace('TICKET', ticket);
    return VALID.map((one) => ({ ...one, path: fill(one.path), body: fill(one.body) }));
  }

  function drawn(
    valid: readonly ValidRequest[],
    host: string,
    from: SeededRandom,
  ): [HostileRequest, Transport] {
    if (from.below(TLS_IS_ONE_IN) > 0) return [mutateRequest(valid, host, from), PLAIN];
    if (from.below(2) === 0) return [mutateRequest(valid, host, from), TLS];
    const bytes = mutateFrames(valid, host, from);
    return [
      { what: 'frames of HTTP/2', bytes, isLongLasting: false, isWhole: false, end: 'by itself' },
      HTTP2,
    ];
  }

  async function playRound(): Promise<void> {
    const valid = await filled();
    const { host, port } = new URL(server.url);
    const drafts = Array.from({ length: ROUND }, () => drawn(valid, host, chance));
    const worker = async () => {
      for (let one = drafts.pop(); one !== undefined; one = drafts.pop()) {
        const [hostile, speaking] = one;
        const outcome = await sendHostile(Number(port), hostile, speaking);
        const wrong = wrongWith(outcome);
        if (wrong === undefined) continue;
        const sent = JSON.stringify(hostile.bytes.subarray(0, 200).toString('latin1'));
        trouble.push(
          `${hostile.what}: ${wrong}\n  sent ${sent}\n  got ${JSON.stringify(outcome.answer.slice(0, 200))}`,
        );
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    const { items } = (await (
      await fetch(`${server.url}/__admin/requests?after=${last}`)
    ).json()) as Journalled;
    for (const { id, path, status, cause, fault_id } of items) {
      last = Math.max(last, id);
      if (status !== null && status >= 500 && cause !== 'crash' && fault_id === null)
        trouble.push(`the journal has ${path}: ${status} ${cause}`);
    }
  }

  beforeAll(
    async () => {
      command = await buildChanged('hostile', [
        { file: 'server/timeouts.ts', snippet: 'request: 30_000', replacement: 'request: 5_000' },
      ]);
      const flags = ['--https', '--log-level', 'error', '--journal-size', String(JOURNAL)];
      server = await startProcess({ flags, command, env: { HOME: home() } });
      asked = driveAt({ url: server.url, adminUrl: `${server.url}/__admin` });
      // What is compiled and kept for good is so after a first round.
      await playRound();
      await reset();
      before = await server.measure();
      for (let done = ROUND; done < HOW_MANY; done += ROUND) await playRound();
      await reset();
    },
    60_000 + HOW_MANY * 20,
  );
  afterAll(async () => {
    await server?.stop();
    rmSync(command);
  });

  it('are all answered or ended, and with no 5xx that the imitated service would not give', () => {
    expect(trouble.slice(0, 10)).toEqual([]);
  });

  it('leave a process that answers good requests', async () => {
    expect(server.isAlive()).toBe(true);
    expect((await asked.open(await asked.token(), 'val-2')).state).toBe('waiting-room');
  });

  it('leave nothing in its log', () => {
    expect(server.getErrors()).toBe('');
  });

  it('leave no property behind that every object has', async () => {
    server.run('for (const key in {}) console.error("polluted", key)');
    await server.measure();
    expect(server.getErrors()).not.toContain('polluted');
  });

  it('leave no connection behind, and no memory', async () => {
    await expect.poll(async () => (await server.measure()).sockets).toBeLessThanOrEqual(before.sockets);
    expect((await server.measure()).heap - before.heap).toBeLessThan(MOST_HEAP_LEFT);
  });
});
