#!/usr/bin/env node
/**
 * Starts the command. Compiling it takes longer than everything else at the start, so V8's code cache is kept in the user's
 * folder, where no other user can have planted anything.
 */
const { createHash } = require('node:crypto') as typeof import('node:crypto');
const { subscribe } = require('node:diagnostics_channel') as typeof import('node:diagnostics_channel');
const fs = require('node:fs') as typeof import('node:fs');
const path = require('node:path') as typeof import('node:path');
const vm = require('node:vm') as typeof import('node:vm');
const { createFolder } = require('../system/create-folder.ts') as typeof import('../system/create-folder.ts');
const { READY_CHANNEL } = require('./ready-channel.ts') as typeof import('./ready-channel.ts');
const { findUserFolder } = require('../system/user-folder.ts') as typeof import('../system/user-folder.ts');

/** How many caches of other versions (of this package or Node) are kept, for users who switch between them. */
const MAX_OTHER_CACHES = 3;

const digest = (data: Buffer): Buffer => createHash('sha1').update(data).digest();
const DIGEST_BYTES = 20;

const file = path.join(__dirname, 'command.cjs');
const bytes = fs.readFileSync(file);
const source = bytes.toString('latin1');
// V8 itself compares only the length of the source.
const hash = digest(bytes).toString('hex').slice(0, 16);

const userFolder = findUserFolder();
const cacheFile =
  userFolder === undefined
    ? undefined
    : path.join(userFolder, 'compiled', `${process.version}-${process.arch}-${hash}`);

/** The cached code, if it is intact: V8 accepts any data of the right length, and crashes on it. */
function readCache(): Buffer | undefined {
  if (cacheFile === undefined) return undefined;
  try {
    const whole = fs.readFileSync(cacheFile);
    const data = whole.subarray(0, -DIGEST_BYTES);
    return digest(data).equals(whole.subarray(-DIGEST_BYTES)) ? data : undefined;
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
      fs.writeFileSync(draft, Buffer.concat([data, digest(data)]), { mode: 0o600 });
      fs.renameSync(draft, cacheFile);
    } finally {
      // Remove what a full disk has left of it.
      fs.rmSync(draft, { force: true });
    }
  } catch {}
}

// Short commands leave nothing in the home directory. When a server is ready, all that a start needs is compiled.
if (cachedData === undefined || script.cachedDataRejected) subscribe(READY_CHANNEL, writeCache);
script.runInThisContext()(exports, require, module, file, __dirname);
