#!/usr/bin/env node
/**
 * Starts the command. V8 takes longer to compile it than all else takes together, so what it has compiled is kept for the
 * next time, in the home of whoever runs it: nobody else can have put anything there.
 */
const { createHash } = require('node:crypto') as typeof import('node:crypto');
const fs = require('node:fs') as typeof import('node:fs');
const path = require('node:path') as typeof import('node:path');
const vm = require('node:vm') as typeof import('node:vm');
const { findUserFolder } = require('../system/user-folder.ts') as typeof import('../system/user-folder.ts');

/** By then all has run that runs at the start of a simulator, and in less than the other time it has not. */
const STARTUP_MS = 3_000;
const MIN_UPTIME_S = 1;
/** Of other versions, of this package and of Node, so many are left: they may be used by turns. */
const MAX_OTHER_CACHES = 3;

const digest = (data: Buffer): Buffer => createHash('sha1').update(data).digest();
const DIGEST_BYTES = 20;

const file = path.join(__dirname, 'command.cjs');
const bytes = fs.readFileSync(file);
const source = bytes.toString('latin1');
// V8 itself compares nothing but the length of the source.
const hash = digest(bytes).toString('hex').slice(0, 16);

const userFolder = findUserFolder();
const cacheFile =
  userFolder === undefined
    ? undefined
    : path.join(userFolder, 'compiled', `${process.version}-${process.arch}-${hash}`);

/** What was kept, if it is whole: V8 takes anything of the right length, and crashes on it. */
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

/** Keeps what is compiled now. Without a home that can be written to, all goes on as before. */
function writeCache(): void {
  if (cacheFile === undefined) return;
  try {
    const folder = path.dirname(cacheFile);
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
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
      // What a full disk has taken of it is not to stay there.
      fs.rmSync(draft, { force: true });
    }
  } catch {}
}

if (cachedData === undefined || script.cachedDataRejected) {
  const timer = setTimeout(writeCache, STARTUP_MS).unref();
  process.once('exit', () => {
    clearTimeout(timer);
    if (process.uptime() > MIN_UPTIME_S && !fs.existsSync(cacheFile ?? '')) writeCache();
  });
}
script.runInThisContext()(exports, require, module, file, __dirname);
