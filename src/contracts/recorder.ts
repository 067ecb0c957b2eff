import { ClientRequest, createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { trimTrailingSlashes } from '../control/schema/paths.ts';
import { connectTo } from '../system/http.ts';
import { findSecrets, findSecretsInText } from './masking.ts';

/** Headers of one connection, which are not forwarded (RFC 9110, 7.6.1). */
const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'te', 'trailer', 'upgrade'];

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
  br: brotliDecompressSync,
};

function decode(body: Buffer, encoding: string | undefined): string {
  try {
    return String(DECODERS[encoding ?? '']?.(body) ?? body);
  } catch {
    return String(body);
  }
}

function findSecretsInBody(text: string): string[] {
  try {
    return findSecrets(JSON.parse(text));
  } catch {
    return findSecretsInText(text);
  }
}

const endToEnd = (rawHeaders: readonly string[]): string[] =>
  rawHeaders.filter(
    (_, index) => !HOP_BY_HOP.includes((rawHeaders[index - (index % 2)] ?? '').toLowerCase()),
  );

/** Errors of a server that is unavailable. */
const UNAVAILABLE_CODES = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

export type Recorder = Awaited<ReturnType<typeof openRecorder>>;

/**
 * A local server between the verifier and the provider: it forwards every byte and remembers the secrets in answers.
 *
 * @param provider the URL of the provider
 */
export async function openRecorder(provider: string) {
  const base = new URL(provider);
  const secrets = new Set<string>();
  let disconnectReason: string | undefined;

  async function forwardAnswer(answer: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(answer);
    for (const secret of [
      ...findSecrets(answer.headers),
      ...findSecretsInBody(decode(body, answer.headers['content-encoding'])),
    ])
      secrets.add(secret);
    response.writeHead(answer.statusCode ?? 502, answer.statusMessage, endToEnd(answer.rawHeaders)).end(body);
  }

  function forwardRequest(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', rawHeaders } = request;
    const headers = endToEnd(rawHeaders).map((text, index, all) =>
      index % 2 === 1 && all[index - 1]?.toLowerCase() === 'host' ? base.host : text,
    );
    const fail = (error: NodeJS.ErrnoException) => {
      if (UNAVAILABLE_CODES.includes(error.code ?? '')) disconnectReason = error.message;
      response.destroy();
    };
    // Not `http.request`, which packages that add a proxy replace.
    const forwarded = new ClientRequest({
      ...(method !== undefined && { method }),
      path: url,
      headers,
      createConnection: () => connectTo(base),
    });
    forwarded.on('error', fail);
    forwarded.on('response', (answer) => forwardAnswer(answer, response).catch(fail));
    response.on('close', () => forwarded.destroy());
    request.pipe(forwarded);
  }

  const server = createServer(forwardRequest);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${trimTrailingSlashes(base.pathname)}`,
    secrets,
    /** Why the provider can no longer be reached, if so. */
    getDisconnectReason: () => disconnectReason,
    close(): Promise<void> {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
