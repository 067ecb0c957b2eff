import { setMaxListeners } from 'node:events';
import type { FastifyInstance, FastifyReply } from 'fastify';
import { readAsset } from '../pages/assets.ts';
import type { ConsoleProblem } from '../pages/console/messages.ts';
import { ConsoleQuery } from '../pages/console/messages.ts';
import { createPageHeaders } from '../pages/headers.ts';
import { logUnexpected } from '../server/failure.ts';
import { onDisconnect } from '../server/on-disconnect.ts';
import { createServerSentEvents, type ServerSentEvents } from '../server/server-sent-events.ts';
import { pause as wait } from '../system/timers.ts';
import { type ConsolePart, createConsoleParts, type Parts } from './console-parts.ts';
import type { ControlServices } from './control-api.ts';
import { createInvalidError, toErrorDetail } from './errors.ts';
import { guardControl } from './guard.ts';
import { collectSnapshot } from './report/collect-snapshot.ts';
import { createControl } from './schema/client.ts';
import { findMismatches } from './schema/mismatch.ts';
import { ADMIN } from './schema/paths.ts';

export interface ConsoleServices extends ControlServices {
  readonly addresses: { readonly browserUrl: string };
}

/** A console with more unread data is disconnected. */
const MAX_UNREAD_BYTES = 16 << 20;
/** How often a part is checked without a change: calls also progress by time alone. */
const MIN_POLL_INTERVAL_MS = 1_000;
/** Checks take at most a quarter of a percent of the time, until they are as rare as this. */
const MAX_POLL_INTERVAL_MS = 5_000;
const POLL_COST_FACTOR = 400;
/** The minimum time between two updates of a part; updates take at most a tenth of the time. */
const MIN_PAUSE_MS = 40;
const PAUSE_COST_FACTOR = 9;

const HEADERS = createPageHeaders({
  'script-src': "'self'",
  'style-src': "'self'",
  'img-src': "'self' data:",
  'connect-src': "'self'",
  'frame-ancestors': "'none'",
});

const renderPage = (path: string) => `<!doctype html>
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
<noscript>The console needs JavaScript.</noscript>
</body>
</html>
`;

/** `/__console`: shows what happens in the simulator, and controls it. */
export async function consoleRoutes(
  app: FastifyInstance,
  { simulator, access, about, addresses }: ConsoleServices,
): Promise<void> {
  await guardControl(app, access);
  const openStreams = new Set<ServerSentEvents>();

  const createAssetHandler = (name: string, type: string) => async (_: unknown, reply: FastifyReply) =>
    reply.headers(HEADERS).type(type).send(readAsset(name));
  const page = async (_: unknown, reply: FastifyReply) =>
    reply.headers(HEADERS).type('text/html; charset=utf-8').send(renderPage(app.prefix));
  app.get('/', page);
  app.get('/console.js', createAssetHandler('console.js', 'text/javascript; charset=utf-8'));
  // A report of what the control API shows, with the rights of who asks.
  app.get('/report.html', { exposeHeadRoute: false }, async ({ headers: { authorization } }, reply) => {
    const control = createControl(async ({ method, path, body }) => {
      const answer = await app.inject({
        method: method as 'GET',
        url: `${ADMIN}${path}`,
        // Its own host: the one that a proxy was asked for is not of this machine.
        headers: { ...(authorization !== undefined && { authorization }) },
        ...(body !== undefined && { payload: body }),
      });
      return { status: answer.statusCode, text: answer.payload };
    });
    const { renderReport } = await import('../pages/report/document.ts');
    const snapshot = await collectSnapshot(control, ADMIN);
    return reply
      .headers(HEADERS)
      .header('content-disposition', 'attachment; filename="mock-veridas-report.html"')
      .type('text/html; charset=utf-8')
      .send(renderReport(snapshot, readAsset('report.css')));
  });
  app.get('/console.css', createAssetHandler('console.css', 'text/css; charset=utf-8'));

  /** Sends a part's content, now and whenever it has changed. */
  async function streamPart<T>(
    name: string,
    part: ConsolePart<T>,
    { send }: ServerSentEvents,
    signal: AbortSignal,
  ) {
    let lastText: string | undefined;
    const sendIfChanged = (event: string, value: unknown) => {
      const text = JSON.stringify(value);
      if (text !== lastText) send(text, { event });
      lastText = text;
    };
    /** Returns how long it took, in ms. */
    async function sendContent(): Promise<number> {
      const startedAt = about.realTime();
      try {
        sendIfChanged(name, await part.read());
        return about.realTime() - startedAt;
      } catch (error) {
        // A failed read only waited for the store: recovery should show at once.
        logUnexpected(app.log, error);
        const problem: ConsoleProblem = { message: `${name}: ${(error as Error).message}` };
        sendIfChanged('trouble', problem);
        return 0;
      }
    }
    const [changes, firstCost] = await Promise.all([simulator.changes(part.changedBy), sendContent()]);
    signal.addEventListener('abort', changes.notify, { once: true });
    try {
      for (let cost = firstCost; !signal.aborted; ) {
        await wait(Math.max(MIN_PAUSE_MS, cost * PAUSE_COST_FACTOR), undefined, { signal }).catch(() => {});
        const interval = Math.max(MIN_POLL_INTERVAL_MS, cost * POLL_COST_FACTOR);
        await changes.waitForNext(Infinity, Math.min(interval, MAX_POLL_INTERVAL_MS));
        if (!signal.aborted) cost = await sendContent();
      }
    } finally {
      changes.stop();
    }
  }

  app.get<{ Querystring: ConsoleQuery }>('/stream', { exposeHeadRoute: false }, async (request, reply) => {
    const problems = findMismatches(ConsoleQuery, request.query, []);
    if (problems.length > 0) throw createInvalidError(problems.map(toErrorDetail));
    reply.hijack();
    const disconnect = new AbortController();
    // Every part adds two listeners to the signal.
    setMaxListeners(0, disconnect.signal);
    onDisconnect(reply.raw, () => disconnect.abort());
    const events = createServerSentEvents(reply.raw, HEADERS, MAX_UNREAD_BYTES);
    openStreams.add(events);
    const server = {
      version: about.version,
      profile: about.profile,
      instance_id: about.instanceId,
      browser_url: addresses.browserUrl,
    };
    const parts = Object.entries(createConsoleParts(simulator, server, request.query)) as [
      keyof Parts,
      ConsolePart<unknown>,
    ][];
    try {
      await Promise.all(parts.map(([name, part]) => streamPart(name, part, events, disconnect.signal)));
    } catch (error) {
      logUnexpected(request.log, error);
      // The browser reconnects by itself.
      reply.raw.destroy();
    } finally {
      openStreams.delete(events);
      events.end();
    }
  });

  // Streams never end by themselves, and a server waits for its connections when it closes.
  app.addHook('preClose', async () => {
    for (const { end } of openStreams) end();
  });
}
