/**
 * Node's own globals for the library and all that is bundled with it. happy-dom and jsdom replace the global ones by a
 * browser's before the library is loaded, and tests stub them later.
 */
import { atob, Buffer } from 'node:buffer';
import { webcrypto as crypto } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import timers from 'node:timers';
import { URL, URLSearchParams } from 'node:url';
import { TextDecoder, TextEncoder, transferableAbortController } from 'node:util';

const { setTimeout, clearTimeout, setInterval, clearInterval, setImmediate, clearImmediate } = timers;
// The modules of Node have these in no other way.
const { constructor: AbortController } = transferableAbortController();
const { queueMicrotask, structuredClone } = globalThis;

export {
  AbortController,
  atob,
  Buffer,
  clearImmediate,
  clearInterval,
  clearTimeout,
  crypto,
  performance,
  queueMicrotask,
  setImmediate,
  setInterval,
  setTimeout,
  structuredClone,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
};
