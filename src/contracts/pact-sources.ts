import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { splitCredentials, withoutCredentials } from '../system/http.ts';

/** A server with pacts, and how to ask it. */
export interface PactServer {
  readonly url: string;
  /** Value of the Authorization header. */
  readonly authorization?: string | undefined;
  /** Links to other servers are followed, with the credentials. */
  readonly allowsOtherOrigins: boolean;
}

/** A text that should be a pact, and its source. */
export interface PactSource {
  /** As it was given, or the file in the given folder. */
  readonly source: string;
  readonly text: string;
  /** Why there is no text. */
  readonly problem?: string;
  /** Where it was downloaded from. */
  readonly server?: PactServer;
  /** Set when a broker has selected it. */
  readonly broker?: { readonly pending: boolean; readonly notices: readonly Notice[] };
}

/** What the broker says about a pact before or after it is verified. */
export interface Notice {
  readonly when: string;
  readonly text: string;
}

/** A source that cannot be read; the message says why. */
export class UnreadableSource extends Error {}

/** A source whose server does not answer, or fails. */
export class UnreachableSource extends UnreadableSource {}

/** Why `fetch` failed: its own message says only that it did. */
export function whyNoAnswer(error: unknown): string {
  const { message, cause } = error as Error;
  return (cause as Error | undefined)?.message || message;
}

const DOWNLOAD_TIMEOUT_MS = 30_000;

const MAX_PACT_BYTES = 50 * 2 ** 20;

async function readBody({ body }: Response, shown: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MAX_PACT_BYTES)
      throw new UnreadableSource(`${shown}: larger than ${MAX_PACT_BYTES / 2 ** 20} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

/** Credentials for a URL that contains none. */
export type DownloadOptions = Omit<PactServer, 'url'>;

async function download(address: string, options: DownloadOptions): Promise<PactSource> {
  const shown = withoutCredentials(address);
  if (!URL.canParse(address)) throw new UnreadableSource(`${shown}: this is not a URL`);
  try {
    const { url, authorization = options.authorization } = splitCredentials(address);
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
      headers: {
        accept: 'application/hal+json, application/json',
        ...(authorization !== undefined && { authorization }),
      },
    });
    if (answer.status >= 500) throw new UnreachableSource(`${shown}: answered ${answer.status}`);
    if (!answer.ok) throw new UnreadableSource(`${shown}: answered ${answer.status}`);
    const text = await readBody(answer, shown);
    return { source: shown, text, server: { ...options, url, authorization } };
  } catch (error) {
    if (error instanceof UnreadableSource) throw error;
    throw new UnreachableSource(`${shown}: cannot be reached: ${whyNoAnswer(error)}`);
  }
}

const listJsonFiles = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json'))
    .map(({ name }) => name)
    .sort();

function readSource(source: string, path: string): PactSource {
  try {
    return { source, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new UnreadableSource(`${source}: cannot be read: ${(error as Error).message}`);
  }
}

function readLocal(argument: string, cwd: string): PactSource[] {
  const path = resolve(cwd, argument);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new UnreadableSource(`${argument}: there is no such file or folder`);
  return found.isDirectory()
    ? listJsonFiles(path).map((name) => readSource(join(argument, name), join(path, name)))
    : [readSource(argument, path)];
}

/**
 * Reads the texts of a source: a file, every `.json` file in a folder, or a URL.
 *
 * @throws {UnreadableSource}
 */
export async function readSources(
  argument: string,
  cwd: string,
  options: DownloadOptions,
): Promise<PactSource[]> {
  if (/^https?:\/\//i.test(argument)) return [await download(argument, options)];
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(argument))
    throw new UnreadableSource(
      `${withoutCredentials(argument)}: only http and https URLs can be read; name files by their path`,
    );
  return readLocal(argument, cwd);
}
