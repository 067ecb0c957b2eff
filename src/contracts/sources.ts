import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { splitCredentials, withoutCredentials } from '../system/http.ts';

/** A text that should be a pact, and where it was found. */
export interface Found {
  /** As it was named, or as a file in the folder that was named. */
  readonly source: string;
  readonly text: string;
  /** A broker has it, for which it may fail (true) or not (false). */
  readonly pending?: boolean;
}

/** Something that was named and cannot be read, in words. */
export class Unreadable extends Error {}

/** Why `fetch` has failed: its own message says no more than that it has. */
export function whyNoAnswer(error: unknown): string {
  const { message, cause } = error as Error;
  return (cause as Error | undefined)?.message || message;
}

const PATIENCE_MS = 30_000;

const MOST_BYTES = 50 * 2 ** 20;

async function textOf({ body }: Response, shown: string): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new Unreadable(`${shown}: larger than ${MOST_BYTES / 2 ** 20} MB`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}

async function download(address: string): Promise<Found> {
  const shown = withoutCredentials(address);
  try {
    const { url, authorization } = splitCredentials(address);
    const answer = await fetch(url, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: {
        accept: 'application/hal+json, application/json',
        ...(authorization !== undefined && { authorization }),
      },
    });
    if (!answer.ok) throw new Unreadable(`${shown}: answered ${answer.status}`);
    const text = await textOf(answer, shown);
    return { source: shown, text };
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`${shown}: cannot be had: ${whyNoAnswer(error)}`);
  }
}

const inFolder = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() && entry.name.endsWith('.json'))
    .map(({ name }) => name)
    .sort();

function read(source: string, path: string): Found {
  try {
    return { source, text: readFileSync(path, 'utf8') };
  } catch (error) {
    throw new Unreadable(`${source}: cannot be read: ${(error as Error).message}`);
  }
}

function local(argument: string, cwd: string): Found[] {
  const path = resolve(cwd, argument);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw new Unreadable(`${argument}: there is no such file or folder`);
  return found.isDirectory()
    ? inFolder(path).map((name) => read(join(argument, name), join(path, name)))
    : [read(argument, path)];
}

/**
 * The texts that an argument means: a file, every `.json` file in a folder, or what stands at an address.
 *
 * @throws {Unreadable}
 */
export async function textsAt(argument: string, cwd: string): Promise<Found[]> {
  if (/^https?:\/\//i.test(argument)) return [await download(argument)];
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(argument))
    throw new Unreadable(`${argument}: only http and https addresses can be read; name files by their path`);
  return local(argument, cwd);
}
