#!/usr/bin/env node
/**
 * Starts the command. Compiling it takes longer than everything else at the start, so V8's code cache is kept in the user's
 * folder, where no other user can have planted anything.
 */
import type { IncomingMessage } from 'node:http';

const { subscribe, unsubscribe } =
  require('node:diagnostics_channel') as typeof import('node:diagnostics_channel');
const fs = require('node:fs') as typeof import('node:fs');
const path = require('node:path') as typeof import('node:path');
const vm = require('node:vm') as typeof import('node:vm');
const { crc32 } = require('node:zlib') as typeof import('node:zlib');
const { createFolder } = require('../system/create-folder.ts') as typeof import('../system/create-folder.ts');
const { READY_CHANNEL } = require('./ready-channel.ts') as typeof import('./ready-channel.ts');
const { findUserFolder } = require('../system/user-folder.ts') as typeof import('../system/user-folder.ts');

/** How many caches of other versions (of this package or Node) are kept, for users who switch between them. */
const MAX_OTHER_CACHES = 3;

/** Node's own channel for answers that have been sent. */
const ANSWER_CHANNEL = 'http.server.response.finish';

const CHECKSUM_BYTES = 4;

/** Finds damage. A digest would take longer than reading the file, and no other user can write to the folder. */
function getChecksum(data: Buffer): Buffer {
  const checksum = Buffer.alloc(CHECKSUM_BYTES);
  checksum.writeUInt32BE(crc32(data));
  return checksum;
}

const file = path.join(__dirname, 'command.cjs');
const bytes = fs.readFileSync(file);
const source = bytes.toString('latin1');

function findCacheFile(): string | undefined {
  const userFolder = findUserFolder();
  // Node 22.0 and 22.1 lack it.
  if (userFolder === undefined || crc32 === undefined) return undefined;
  // V8 itself compares only the length of the source.
  const checksum = getChecksum(bytes).toString('hex');
  return path.join(userFolder, 'compiled', `${process.version}-${process.arch}-${checksum}`);
}
const cacheFile = findCacheFile();

/** The cached code, if it is intact: V8 accepts any data of the right length, and crashes on it. */
function readCache(): Buffer | undefined {
  if (cacheFile === undefined) return undefined;
  try {
    const whole = fs.readFileSync(cacheFile);
    const data = whole.subarray(0, -CHECKSUM_BYTES);
    return getChecksum(data).equals(whole.subarray(-CHECKSUM_BYTES)) ? data : undefined;
  } catch {
    return undefined;
  }
}

const cachedData = readCache();
const script = new vm.Script(`(function(exports,require,module,__filename,__dirname){${source}\n})`, {
  filename: file,
  ...(cachedData !== undefined && { cachedData }),
});

/** Writes the code cache. Without a writable home, the command runs without one. */
function writeCache(): void {
  if (cacheFile === undefined) return;
  try {
    const folder = path.dirname(cacheFile);
    createFolder(folder, 0o700);
    const others = fs.readdirSync(folder).map((name) => path.join(folder, name));
    const getModifiedAt = (other: string) => fs.statSync(other).mtimeMs;
    for (const old of others.sort((a, b) => getModifiedAt(b) - getModifiedAt(a)).slice(MAX_OTHER_CACHES))
      fs.rmSync(old, { force: true });
    const draft = `${cacheFile}.${process.pid}`;
    const data = script.createCachedData();
    try {
      fs.writeFileSync(draft, Buffer.concat([data, getChecksum(data)]), { mode: 0o600 });
      fs.renameSync(draft, cacheFile);
    } finally {
      // Remove what a full disk has left of it.
      fs.rmSync(draft, { force: true });
    }
  } catch {}
}

/** Rewrites the cache after the first POST, usually for a token: by then V8 has compiled most of what tests use. */
function onAnswer(message: unknown): void {
  const { request } = message as { readonly request: IncomingMessage };
  if (request.method !== 'POST') return;
  unsubscribe(ANSWER_CHANNEL, onAnswer);
  writeCache();
}

// Short commands leave nothing in the home directory. When a server is ready, all that a start needs is compiled.
if (cachedData === undefined || script.cachedDataRejected)
  subscribe(READY_CHANNEL, () => {
    writeCache();
    subscribe(ANSWER_CHANNEL, onAnswer);
  });
script.runInThisContext()(exports, require, module, file, __dirname);
