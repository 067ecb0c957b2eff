import type { SeededRandom } from './chance.ts';
import { HEADERS, METHODS, NASTY, NASTY_BODIES } from './nasty.ts';
import type { ValidRequest } from './valid.ts';

/** The parts of a request that mutations change. */
interface Draft {
  method: string;
  path: string;
  version: string;
  headers: [string, string][];
  body: string;
  /** Whether the body has a length header, comes in chunks, or neither. */
  framing: 'length' | 'chunks' | 'none';
}

/** The bytes for one connection, and what to expect of it. */
export interface HostileRequest {
  /** The mutations, for failure messages. */
  readonly what: string;
  readonly bytes: Buffer;
  /** The response may take long, or never end. */
  readonly isLongLasting: boolean;
  /** The request is complete, so the server must answer it. */
  readonly isWhole: boolean;
  /** How the connection ends after all bytes are sent. */
  readonly end: 'by itself' | 'cut';
}

/** Replaces up to four characters of `text` with `piece`. */
function splice(text: string, piece: string, chance: SeededRandom): string {
  const at = chance.below(text.length + 1);
  return text.slice(0, at) + piece + text.slice(at + chance.below(5));
}

/** Replaces one segment, parameter name or value of `path` with `piece`. */
function replacePart(path: string, piece: string, chance: SeededRandom): string {
  const pieces = path.split(/([/?&=])/);
  const texts = pieces.flatMap((one, at) => (at % 2 === 0 && one !== '' ? [at] : []));
  if (texts.length > 0) pieces[chance.pick(texts)] = piece;
  return pieces.join('');
}

/** Replaces one key or value in the JSON `text`. */
function mutateJson(text: string, chance: SeededRandom): string {
  const parts = text.split(/([{}[\],:])/);
  const at = parts.flatMap((one, index) => (/^["\d\w]/.test(one) ? [index] : []));
  if (at.length > 0) {
    const piece = chance.pick([
      ...NASTY.map((one) => JSON.stringify(one)),
      '1e999',
      '-1',
      'true',
      '[]',
      '{}',
    ]);
    parts[chance.pick(at)] = piece;
  }
  return parts.join('');
}

/** Each changes one part of a request. With `isWhole`, the request stays complete. */
const MUTATIONS: Readonly<
  Record<string, { mutate: (draft: Draft, chance: SeededRandom) => void; isWhole?: true }>
> = {
  nothing: { mutate: () => {}, isWhole: true },
  'another method': {
    mutate: (draft, chance) => {
      draft.method = chance.pick([...METHODS, 'HACK', '', 'get', 'A'.repeat(1_000)]);
    },
  },
  'a part of the path': {
    mutate: (draft, chance) => {
      draft.path = replacePart(draft.path, chance.pick(NASTY), chance);
    },
  },
  'a part of the path, escaped': {
    isWhole: true,
    mutate: (draft, chance) => {
      const piece = chance.pick(NASTY.filter((one) => one.length < 4_000));
      const escaped = encodeURIComponent(Buffer.from(piece, 'latin1').toString('latin1'));
      draft.path = `/${replacePart(draft.path, escaped, chance)}`.replace(/^\/+/, '/');
    },
  },
  'something in the path': {
    mutate: (draft, chance) => {
      draft.path = splice(draft.path, chance.pick(NASTY), chance);
    },
  },
  'a whole URL for a path': {
    mutate: (draft, chance) => {
      draft.path = `${chance.pick(['http://evil.example', 'HTTP://[', 'ftp://x', '//', '*'])}${draft.path}`;
    },
  },
  'another version': {
    mutate: (draft, chance) => {
      draft.version = chance.pick(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', '', 'RTSP/1.0']);
    },
  },
  'a header': {
    mutate: (draft, chance) => {
      const [name, value] = chance.pick(HEADERS);
      draft.headers.push([name, value]);
    },
  },
  'a value of a header': {
    mutate: (draft, chance) => {
      const header = chance.pick(draft.headers);
      if (header !== undefined) header[1] = splice(header[1], chance.pick(NASTY), chance);
    },
  },
  'a header twice': {
    mutate: (draft, chance) => {
      const header = chance.pick(draft.headers);
      if (header !== undefined) draft.headers.push([header[0], splice(header[1], 'x', chance)]);
    },
  },
  'many headers': {
    mutate: (draft, chance) => {
      const name = chance.pick(['X', 'Cookie', 'Host', '__proto__']);
      draft.headers.push(...Array.from({ length: 1_500 }, (): [string, string] => [name, 'x']));
    },
  },
  'another body': {
    isWhole: true,
    mutate: (draft, chance) => {
      draft.body = chance.pick(NASTY_BODIES);
    },
  },
  'something in the body': {
    isWhole: true,
    mutate: (draft, chance) => {
      draft.body = splice(draft.body, chance.pick(NASTY_BODIES), chance);
    },
  },
  'a value of the body': {
    isWhole: true,
    mutate: (draft, chance) => {
      draft.body = mutateJson(draft.body, chance);
    },
  },
  'bytes in the body': {
    isWhole: true,
    mutate: (draft, chance) => {
      draft.body = splice(draft.body, chance.bytes(1 + chance.below(40)).toString('latin1'), chance);
    },
  },
  'a body of another type': {
    isWhole: true,
    mutate: (draft, chance) => {
      const type = chance.pick(HEADERS.filter(([name]) => name === 'Content-Type'));
      draft.headers = [...draft.headers.filter(([name]) => name !== 'Content-Type'), [...type]];
    },
  },
  'no length': {
    mutate: (draft) => {
      draft.framing = 'none';
    },
  },
  chunks: {
    isWhole: true,
    mutate: (draft) => {
      draft.framing = 'chunks';
    },
  },
  'an invalid chunk': {
    mutate: (draft, chance) => {
      draft.framing = 'none';
      draft.headers.push(['Transfer-Encoding', 'chunked']);
      draft.body = chance.pick([
        'zz\r\n',
        '-1\r\nx',
        'ffffffffffffffff\r\nx',
        '5\r\nab',
        '1;x="\r\na\r\n0\r\nX',
      ]);
    },
  },
};

/** Changes to the bytes of a serialized request. */
const WIRE_MUTATIONS: readonly (readonly [
  string,
  (bytes: Buffer, chance: SeededRandom, next: () => Buffer) => Buffer,
])[] = [
  ['truncated', (bytes, chance) => bytes.subarray(0, chance.below(bytes.length))],
  [
    'some bytes changed',
    (bytes, chance) => {
      const changed = Buffer.from(bytes);
      for (let left = 1 + chance.below(6); left > 0; left -= 1)
        changed[chance.below(Math.min(changed.length, 400))] = chance.below(256);
      return changed;
    },
  ],
  [
    'bytes inserted',
    (bytes, chance) => {
      const at = chance.below(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, at), chance.bytes(1 + chance.below(20)), bytes.subarray(at)]);
    },
  ],
  ['two requests after it', (bytes, _chance, next) => Buffer.concat([bytes, next(), next()])],
  ['the same 20 times', (bytes) => Buffer.concat(Array.from({ length: 20 }, () => bytes))],
  ['bytes after it', (bytes, chance) => Buffer.concat([bytes, chance.bytes(60)])],
  ['bytes alone', (_bytes, chance) => chance.bytes(1 + chance.below(300))],
  ['line ends only', () => Buffer.from('\r\n'.repeat(500))],
];

function serialize(draft: Draft): Buffer {
  const { method, path, version, headers, body, framing } = draft;
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`);
  const sized = framing === 'length' && (body !== '' || ['POST', 'PUT', 'PATCH'].includes(method));
  if (sized) lines.push(`Content-Length: ${Buffer.byteLength(body, 'latin1')}\r\n`);
  const chunked = framing === 'chunks';
  if (chunked) lines.push('Transfer-Encoding: chunked\r\n');
  const length = Buffer.byteLength(body, 'latin1').toString(16);
  const chunks = body === '' ? '0\r\n\r\n' : `${length}\r\n${body}\r\n0\r\n\r\n`;
  return Buffer.from(
    `${method} ${path} ${version}\r\n${lines.join('')}\r\n${chunked ? chunks : body}`,
    'latin1',
  );
}

/** Returns a valid request with one or more mutations. */
export function mutateRequest(
  valid: readonly ValidRequest[],
  host: string,
  chance: SeededRandom,
): HostileRequest {
  const draftOf = ({ method, path, headers, body }: ValidRequest, connection: string): Draft => ({
    method,
    path,
    version: 'HTTP/1.1',
    headers: [
      ['Host', host],
      ['Connection', connection],
      ...headers.map(([n, v]): [string, string] => [n, v]),
    ],
    body,
    framing: 'length',
  });
  const base = chance.pick(valid);
  const wireMutation = chance.below(3) === 0 ? chance.pick(WIRE_MUTATIONS) : undefined;
  const draft = draftOf(base, wireMutation === undefined ? 'close' : 'keep-alive');
  const names = Object.keys(MUTATIONS);
  const chosen = Array.from({ length: 1 + chance.below(2) }, () => chance.pick(names));
  for (const name of chosen) MUTATIONS[name]?.mutate(draft, chance);
  let isLongLasting = base.lasts === true;
  const next = () => {
    const another = chance.pick(valid);
    isLongLasting ||= another.lasts === true;
    return serialize(draftOf(another, 'keep-alive'));
  };
  const before = serialize(draft);
  const bytes = wireMutation?.[1](before, chance, next) ?? before;
  const isCut = chance.below(12) === 0;
  return {
    what: [`${base.method} ${base.path}`, ...chosen, ...(wireMutation ? [wireMutation[0]] : [])].join(' + '),
    bytes,
    isLongLasting,
    isWhole:
      !isCut &&
      base.lasts === undefined &&
      wireMutation === undefined &&
      chosen.every((name) => MUTATIONS[name]?.isWhole === true),
    end: isCut ? 'cut' : 'by itself',
  };
}
