import type { SeededRandom } from './chance.ts';
import type { ValidRequest } from './valid.ts';

/** HTTP/2 frames, written byte by byte. RFC 9113. */

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const DATA = 0;
const HEADERS = 1;
const SETTINGS = 4;
const END_STREAM = 1;
const END_HEADERS = 4;

function encodeFrame(type: number, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Encodes a length as an HPACK integer with a 7-bit prefix. RFC 7541, 5.1. */
function encodeLength(value: number): number[] {
  if (value < 127) return [value];
  const rest: number[] = [];
  let left = value - 127;
  for (; left >= 128; left = Math.floor(left / 128)) rest.push((left % 128) + 128);
  return [127, ...rest, left];
}

const encodeText = (value: string): Buffer => {
  const bytes = Buffer.from(value, 'latin1');
  return Buffer.concat([Buffer.from(encodeLength(bytes.length)), bytes]);
};

/** Encodes a literal header field without indexing. */
const encodeField = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), encodeText(name), encodeText(value)]);

/** Encodes a valid request as frames. */
function encodeRequest(
  { method, path, headers, body }: ValidRequest,
  host: string,
  stream: number,
): Buffer[] {
  const fields = [
    encodeField(':method', method),
    encodeField(':path', path),
    encodeField(':scheme', 'https'),
    encodeField(':authority', host),
    ...headers.map(([name, value]) => encodeField(name.toLowerCase(), value)),
  ];
  const flags = END_HEADERS | (body === '' ? END_STREAM : 0);
  const data = encodeFrame(DATA, END_STREAM, stream, Buffer.from(body, 'latin1'));
  return [encodeFrame(HEADERS, flags, stream, Buffer.concat(fields)), ...(body === '' ? [] : [data])];
}

/** Returns the bytes of an HTTP/2 connection with valid requests, whose frames are lost, repeated, added or changed. */
export function mutateFrames(valid: readonly ValidRequest[], host: string, chance: SeededRandom): Buffer {
  const requests = Array.from({ length: 1 + chance.below(4) }, (_, at) =>
    encodeRequest(chance.pick(valid), host, 2 * at + 1),
  ).flat();
  const frames = [encodeFrame(SETTINGS, 0, 0, Buffer.alloc(0)), ...requests];
  const at = () => chance.below(frames.length);
  const mutate = chance.pick([
    () => void frames.splice(at(), 1),
    () => void frames.splice(at(), 0, frames[at()] as Buffer),
    () =>
      void frames.splice(
        at(),
        0,
        encodeFrame(chance.below(12), chance.below(256), chance.below(9), chance.bytes(20)),
      ),
    () => {
      const index = at();
      const changed = Buffer.from(frames[index] as Buffer);
      for (let left = 1 + chance.below(4); left > 0; left -= 1)
        changed[chance.below(changed.length)] = chance.below(256);
      frames[index] = changed;
    },
    () =>
      void frames.push(...Array.from({ length: 300 }, () => encodeFrame(SETTINGS, 0, 0, Buffer.alloc(0)))),
    () => {},
  ]);
  mutate();
  const bytes = Buffer.concat([PREFACE, ...frames]);
  return chance.below(5) === 0 ? bytes.subarray(0, chance.below(bytes.length)) : bytes;
}
