import http from 'node:http';
import net from 'node:net';
import { text } from 'node:stream/consumers';
import tls from 'node:tls';
import { clearTimeout, setTimeout } from './timers.ts';

/** Requests to the simulator itself. They go through no proxy and follow no redirect. */

// Captured at load time: tests replace `fetch`, sockets and timers later. Not `http.request`, which packages that add a proxy have
// replaced even earlier.
const { ClientRequest } = http;
const { connect } = net.Socket.prototype;
const { connect: connectTls } = tls;

/** A new connection for one request: agents keep theirs open, and may use a proxy. */
export function connectTo({ protocol, hostname, port }: URL): net.Socket {
  const isSecure = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const socket: net.Socket = Reflect.apply(connect, new net.Socket(), [
    { host, port: Number(port) || (isSecure ? 443 : 80) },
  ]);
  if (!isSecure) return socket;
  return connectTls({ socket, host, ...(net.isIP(host) === 0 && { servername: host }) });
}

export interface HttpRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** Timeout of the whole exchange, in real milliseconds. */
  readonly timeoutMs: number;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Why a connection failed. When a name has several addresses, the first one's error is used. */
const findReason = (error: Error): Error =>
  error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;

/**
 * Sends a request and reads its answer.
 *
 * @throws {Error} there was no answer; the message says why
 */
export function send(
  address: string,
  { method, headers, body, timeoutMs }: HttpRequest,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const url = new URL(address);
    let socket: net.Socket | undefined;
    const request = new ClientRequest({
      method,
      headers: { host: url.host, ...headers },
      // msw connects by these, and not by `createConnection`, when it lets a request pass.
      host: url.hostname,
      port: url.port,
      path: `${url.pathname}${url.search}`,
      createConnection: () => {
        socket = connectTo(url);
        return socket;
      },
    });
    const timer = setTimeout(() => {
      reject(new Error(`it took longer than ${timeoutMs / 1000} s`));
      request.destroy();
    }, timeoutMs);
    request.on('close', () => clearTimeout(timer));
    request.on('error', (error) => reject(findReason(error)));
    request.on('response', (response) => {
      wasIntercepted = !socket?.bytesRead;
      text(response).then((said) => resolve({ status: response.statusCode ?? 0, text: said }), reject);
    });
    request.end(body);
  });
}

/** Whether the last answer came over no connection of ours. */
let wasIntercepted = false;
const INTERCEPTOR_STACK = /^\[?(?:MSW|Nock)\b|[\\/]node_modules[\\/](?:msw|nock|@mswjs)[\\/]/im;

/**
 * Whether a library for test doubles has answered or failed a request of `send`, which it can when it was started before this
 * module was loaded.
 *
 * @param error why there was no answer; undefined when something else than the simulator answered
 */
export function isIntercepted(error: unknown): boolean {
  if (error instanceof Error && INTERCEPTOR_STACK.test(`${error.message}\n${error.stack}`)) return true;
  return error === undefined && wasIntercepted;
}

export const INTERCEPTED_HINT =
  'msw or nock intercepts the requests of this process: import mock-veridas before it starts, or let requests ' +
  "to the simulator pass (msw: onUnhandledRequest: 'bypass', nock: enableNetConnect('127.0.0.1'))";

/** Basic credentials (RFC 7617) of `user:password`. */
export const basicCredentials = (pair: string): string => `Basic ${Buffer.from(pair).toString('base64')}`;

/** An address without the credentials in it; any other text unchanged. */
export const withoutCredentials = (address: string): string => address.replace(/\/\/[^/?#]*@/, '//');

/** A user or password as it was meant: a lone % stands for itself. */
const decodePart = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

/** Splits an address into the address without its credentials, and the Authorization header for them. */
export function splitCredentials(address: string): { readonly url: string; readonly authorization?: string } {
  const url = withoutCredentials(address);
  const { username, password } = new URL(address);
  if (username + password === '') return { url };
  const pair = `${decodePart(username)}:${decodePart(password)}`;
  return { url, authorization: basicCredentials(pair) };
}
