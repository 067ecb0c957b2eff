import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { splitCredentials, withoutCredentials } from '../system/http.ts';

/** A text that should be a pact, and where it was found. */
export interface PactSource {
  /** As it was named, or as a file in the folder that was named. */
  readonly source: string;
  readonly text: string;
  /** A broker has it, for which it may fail (true) or not (false). */
  readonly pending?: boolean;
}

/** Something that was named and cannot be read, in words. */
export class UnreadableSource extends Error {}

/** Why `fetch` has failed: its own message says no more than that it has. */
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

async function download(address: string): Promise<PactSource> {
  const shown = withoutCredentials(address);
  try {
    const { url, authorization } = splitCredentials(address);
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(DOWNLOAD_TIMEOUT_MS),
      headers: {
        accept: 'application/hal+json, application/json',
        ...(authorization !== undefined && { authorization }),
      },
    });
    if (!answer.ok) throw new UnreadableSource(`${shown}: answered ${answer.status}`);
    const text = await readBody(answer, shown);
    return { source: shown, text };
  } catch (error) {
    if (error instanceof UnreadableSource) throw error;
    throw new UnreadableSource(`${shown}: cannot be had: ${whyNoAnswer(error)}`);
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
 * The texts that an argument means: a file, every `.json` file in a folder, or what stands at an address.
 *
 * @throws {UnreadableSource}
 */
export async function readSources(argument: string, cwd: string): Promise<PactSource[]> {
  if (/^https?:\/\//i.test(argument)) return [await download(argument)];
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(argument))
    throw new UnreadableSource(
      `${argument}: only http and https addresses can be read; name files by their path`,
    );
  return readLocal(argument, cwd);
}
