import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Check } from 'typebox/value';
import type { CallView } from '../domain/call.ts';
import { isOver } from '../domain/call-state.ts';
import type { Post } from '../domain/post.ts';
import { ms } from '../domain/time.ts';
import { EVENTS } from '../guide/events.ts';
import { CALL_PATHS, type PagePost, PageReport } from '../pages/call/messages.ts';
import { logUnexpected } from '../server/failure.ts';
import type { Metrics } from '../server/metrics.ts';
import { onDisconnect } from '../server/on-disconnect.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';
import type { CallServices, PageTicket } from './call.ts';
import { createConnectionLimits } from './connection-limits.ts';
import { type Channel, CROSS_ORIGIN_HEADERS, createEventStream, createLongPoll } from './page-channel.ts';

/** A page that gets the error at once would post it before its parent listens. */
const ERROR_DELAY_MS = 1_000;
/** The longest pause between two long-polls of a page. */
const POLL_GAP_MS = ms(5_000);
const MAX_REPORT_BYTES = 64 * 1024;

interface StreamQuery {
  ticket?: string;
  /** The last event that the page has. */
  after?: string;
  /** The screen that the page shows; without it every long-poll would be answered with that at once. */
  state?: string;
  poll?: string;
  /** The stream is on the host of the page, which other pages of the browser use as well. */
  shared?: string;
}
type CallTicket = Extract<PageTicket, { call: string }>;
export interface CallStreamServices extends Pick<CallServices, 'simulator' | 'tickets'> {
  readonly metrics: Metrics;
}
type StreamRequest = FastifyRequest<{ Querystring: StreamQuery }>;

/** The last event that the page has, or -1. The header of a reconnecting EventSource overrides the query. */
function getLastEventId({ headers, query }: StreamRequest): number {
  const id = Number(headers['last-event-id'] ?? query.after ?? -1);
  return Number.isInteger(id) && id >= -1 ? id : -1;
}

/** Returns a function that sends a page, from each view of its call, what the page does not have yet. */
function createPublisher({ send, end }: Channel, request: StreamRequest) {
  let lastPostId = getLastEventId(request);
  let shownState = request.query.state;
  const sentPosts: Post[] = [];

  /** A Redis that took over may have lost the last posts, and have others in their place. */
  const isLost = (posts: readonly Post[], id: number): boolean => {
    const [sent, present] = [sentPosts[id], posts[id]];
    return present === undefined || (sent !== undefined && JSON.stringify(sent) !== JSON.stringify(present));
  };
  const toPost = ({ data, foreign }: Post): PagePost => {
    const query = new URLSearchParams({ data: JSON.stringify(data) });
    return foreign ? { data, foreign: `${CALL_PATHS.foreign}?${query}` } : { data };
  };
  return (news: CallView | undefined | 'refused'): number[] => {
    if (typeof news !== 'object') {
      send(news === 'refused' ? { state: 'error', last: true } : { reset: true });
      end();
      return [];
    }
    const { state, posts, nextAt } = news;
    while (lastPostId >= 0 && isLost(posts, lastPostId)) lastPostId -= 1;
    const unsentPosts = posts.slice(lastPostId + 1);
    const last = isOver(state) && nextAt === undefined ? { last: true as const } : {};
    for (const post of unsentPosts) {
      const isLast = post === unsentPosts.at(-1);
      sentPosts[post.id] = post;
      send({ state, post: toPost(post), ...(isLast && last) }, post.id);
    }
    if (unsentPosts.length === 0 && shownState !== state) send({ state, ...last });
    lastPostId += unsentPosts.length;
    shownState = state;
    return unsentPosts.map(({ event }) => event);
  };
}

/** `/call/events` and `/call/reports`: the stream of the frame's page, and its reports. */
export async function callStreamRoutes(
  app: FastifyInstance,
  { simulator, tickets, metrics }: CallStreamServices,
): Promise<void> {
  const channels = new Set<Channel>();
  const connectionLimits = createConnectionLimits();

  /** Attaches a page to its call. */
  async function attachPage(ticket: CallTicket, request: StreamRequest, channel: Channel) {
    const publish = createPublisher(channel, request);
    const stream = await simulator.pages.attachPage(ticket.call, ticket.page, publish, (error) =>
      logUnexpected(app.log, error),
    );
    return () => stream.close(request.query.poll === undefined ? undefined : POLL_GAP_MS);
  }

  /** Streams what the page's ticket permits, until the returned function is called. */
  async function subscribe(ticket: PageTicket | undefined, request: StreamRequest, channel: Channel) {
    if (ticket === undefined) {
      createPublisher(channel, request)(undefined);
      return async () => {};
    }
    if ('call' in ticket) return attachPage(ticket, request, channel);
    const post = { data: EVENTS[ticket.error] };
    const sendError = () => channel.send({ state: 'error', post, last: true }, 0);
    const timer = getLastEventId(request) < 0 ? setTimeout(sendError, ERROR_DELAY_MS) : undefined;
    return async () => clearTimeout(timer);
  }

  /** Counts the connection of a page until the returned function is called; undefined when the page should poll instead. */
  function countConnection({ query, raw, ip, headers }: StreamRequest, { end }: Channel) {
    if (query.shared === undefined || raw.httpVersionMajor > 1) return () => {};
    const browser = `${ip} ${headers['user-agent']}`;
    return query.poll === undefined
      ? connectionLimits.addStream(browser)
      : connectionLimits.addPoll(browser, end);
  }

  // A HEAD request would check a page in, and never be answered.
  const getOnly = { exposeHeadRoute: false };
  app.get<{ Querystring: StreamQuery }>(CALL_PATHS.events, getOnly, async (request, reply) => {
    // Registered before anything is awaited: the page may disconnect before its ticket is verified.
    const disconnected = new Promise<void>((resolve) => onDisconnect(reply.raw, resolve));
    const ticket = await tickets.verify(request.query.ticket ?? '');
    reply.hijack();
    const channel =
      request.query.poll === undefined ? createEventStream(reply.raw) : createLongPoll(reply.raw);
    const uncountConnection = countConnection(request, channel);
    if (uncountConnection === undefined) {
      channel.send({ poll: true });
      channel.end();
      return;
    }
    channels.add(channel);
    metrics.changeStreams(1);
    try {
      const unsubscribe = await subscribe(ticket, request, channel);
      await disconnected;
      await unsubscribe();
    } catch (error) {
      logUnexpected(request.log, error);
      // The browser reconnects by itself.
      reply.raw.destroy();
    } finally {
      channels.delete(channel);
      metrics.changeStreams(-1);
      uncountConnection();
      channel.end();
    }
  });

  app.addContentTypeParser(
    'text/plain',
    { parseAs: 'string', bodyLimit: MAX_REPORT_BYTES },
    async (_: unknown, body: string) => body,
  );
  app.post<{ Querystring: StreamQuery }>(CALL_PATHS.reports, async (request, reply) => {
    reply.headers(CROSS_ORIGIN_HEADERS);
    const ticket = await tickets.verify(request.query.ticket ?? '');
    const report = parseReport(request.body);
    if (!Check(PageReport, report))
      return reply.code(400).send({ error: 'invalid', message: 'not a report of posted events' });
    if (ticket !== undefined && 'call' in ticket)
      await simulator.pages.report(ticket.call, ticket.page, report.posted, report.diagnostics);
    else if (ticket !== undefined && report.posted.length > 0 && !report.diagnostics?.topLevel)
      await simulator.coverage.addError(ticket.client ?? '', ticket.error);
    return reply.code(204).send();
  });

  // Streams never end by themselves, and a server waits for its connections when it closes.
  app.addHook('preClose', async () => {
    for (const { send, end } of channels) {
      send({ closing: true });
      end();
    }
  });
}

function parseReport(body: unknown): unknown {
  try {
    return typeof body === 'string' ? JSON.parse(body) : undefined;
  } catch {
    return undefined;
  }
}
