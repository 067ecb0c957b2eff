import { setMaxListeners } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { built } from '../pages/assets.ts';
import type { ConsoleTrouble } from '../pages/console/messages.ts';
import { ConsoleQuery } from '../pages/console/messages.ts';
import { pageHeaders } from '../pages/headers.ts';
import { logUnexpected } from '../server/failure.ts';
import { onceGone } from '../server/on-disconnect.ts';
import { type ServerSentEvents, serverSentEvents } from '../server/server-sent-events.ts';
import { consoleParts, type Part, type Parts } from './console-parts.ts';
import type { ControlDoor } from './control-api.ts';
import { invalid, inWords } from './errors.ts';
import { guardControl } from './guard.ts';
import { mismatches } from './schema/mismatch.ts';

export interface ConsoleDoor extends ControlDoor {
  readonly addresses: { readonly browserUrl: string };
}

/** A console that leaves more than this unread is cut off. */
const MOST_UNREAD_BYTES = 16 << 20;
/** So often a part is looked at without a hint: calls go on by time alone. */
const LOOK_EVERY_MS = 1_000;
/** A part is not told more often than this, and never takes more than a tenth of the time. */
const SHORTEST_PAUSE_MS = 40;
const PAUSE_FOR_COST = 9;

const HEADERS = pageHeaders({
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'frame-ancestors': "'none'",
});

const PAGE = (path: string) => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>mock-veridas console</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${path}/console.css">
<script src="${path}/console.js" defer></script>
</head>
<body>
<noscript>The console needs scripts.</noscript>
</body>
</html>
`;

/** `/__console`: what happens in the simulator, and everything by which a person steers it. */
export async function consolePage(
  app: FastifyInstance,
  { simulator, access, about, addresses }: ConsoleDoor,
): Promise<void> {
  await guardControl(app, access);
  const open = new Set<ServerSentEvents>();

  const asset = (name: string, type: string) => {
    const text = built(name);
    return async (_: unknown, reply: FastifyReply) => reply.headers(HEADERS).type(type).send(text);
  };
  const page = async (_: unknown, reply: FastifyReply) =>
    reply.headers(HEADERS).type('text/html; charset=utf-8').send(PAGE(app.prefix));
  app.get('/', page);
  app.get('/console.js', asset('console.js', 'text/javascript; charset=utf-8'));
  app.get('/console.css', asset('console.css', 'text/css; charset=utf-8'));

  /** Tells how a part looks, now and whenever that has changed. */
  async function follow<T>(name: string, part: Part<T>, { say }: ServerSentEvents, signal: AbortSignal) {
    const hints = simulator.changes(part.changedBy);
    signal.addEventListener('abort', hints.hint, { once: true });
    let said: string | undefined;
    const tell = (event: string, value: unknown) => {
      const text = JSON.stringify(value);
      if (text !== said) say(text, { event });
      said = text;
    };
    try {
      while (!signal.aborted) {
        const begun = about.realTime();
        let pause = SHORTEST_PAUSE_MS;
        try {
          tell(name, await part.look());
          pause = Math.max(pause, (about.realTime() - begun) * PAUSE_FOR_COST);
        } catch (error) {
          // That has taken no work, only patience, and whoever looks wants to know when it is over.
          logUnexpected(app.log, error);
          const trouble: ConsoleTrouble = { message: `${name}: ${(error as Error).message}` };
          tell('trouble', trouble);
        }
        await setTimeout(pause, undefined, { signal }).catch(() => {});
        await hints.next(LOOK_EVERY_MS);
      }
    } finally {
      hints.stop();
    }
  }

  app.get<{ Querystring: ConsoleQuery }>('/stream', { exposeHeadRoute: false }, async (request, reply) => {
    const found = mismatches(ConsoleQuery, request.query, []);
    if (found.length > 0) throw invalid(found.map(inWords));
    reply.hijack();
    const leaving = new AbortController();
    // Each part waits in two ways.
    setMaxListeners(0, leaving.signal);
    onceGone(reply.raw, () => leaving.abort());
    const events = serverSentEvents(reply.raw, HEADERS, MOST_UNREAD_BYTES);
    open.add(events);
    const server = {
      version: about.version,
      instance_id: about.instanceId,
      browser_url: addresses.browserUrl,
    };
    const parts = Object.entries(consoleParts(simulator, server, request.query)) as [
      keyof Parts,
      Part<unknown>,
    ][];
    try {
      await Promise.all(parts.map(([name, part]) => follow(name, part, events, leaving.signal)));
    } catch (error) {
      logUnexpected(request.log, error);
      // The browser comes back by itself, perhaps when the trouble is over.
      reply.raw.destroy();
    } finally {
      open.delete(events);
      events.end();
    }
  });

  // Streams never end by themselves, and a server does not close before its connections do.
  app.addHook('preClose', async () => {
    for (const { end } of open) end();
  });
}
