import type { Chance } from './chance.ts';
import { HEADERS, METHODS, NASTY, NASTY_BODIES } from './nasty.ts';
import type { ValidRequest } from './valid.ts';

/** A request on its way to be spoilt, in parts. */
interface Draft {
  method: string;
  path: string;
  version: string;
  headers: [string, string][];
  body: string;
  /** The body has its length in a header, comes in chunks, or neither. */
  framing: 'length' | 'chunks' | 'none';
}

/** What is sent over one connection. */
export interface Hostile {
  /** What was done, for people. */
  readonly what: string;
  readonly bytes: Buffer;
  /** The answer may rightly take long, or never end. */
  readonly lasts: boolean;
  /** It is complete, so that an answer must come. */
  readonly isWhole: boolean;
  /** How the connection ends once all is sent. */
  readonly end: 'by itself' | 'cut';
}

/** `text` with `piece` in the place of some of it. */
function spliced(text: string, piece: string, chance: Chance): string {
  const at = chance.below(text.length + 1);
  return text.slice(0, at) + piece + text.slice(at + chance.below(5));
}

/** `path` with one of its parts, names or values changed for another text. */
function replaced(path: string, piece: string, chance: Chance): string {
  const pieces = path.split(/([/?&=])/);
  const texts = pieces.flatMap((one, at) => (at % 2 === 0 && one !== '' ? [at] : []));
  if (texts.length > 0) pieces[chance.one(texts)] = piece;
  return pieces.join('');
}

/** `text`, which is JSON, with one of its values or keys changed. */
function otherwise(text: string, chance: Chance): string {
  const parts = text.split(/([{}[\],:])/);
  const at = parts.flatMap((one, index) => (/^["\d\w]/.test(one) ? [index] : []));
  if (at.length > 0) {
    const piece = chance.one([...NASTY.map((one) => JSON.stringify(one)), '1e999', '-1', 'true', '[]', '{}']);
    parts[chance.one(at)] = piece;
  }
  return parts.join('');
}

/** Each spoils one part of a request. Those that leave its form as it is are `whole`. */
const MUTATIONS: Readonly<Record<string, { spoil: (draft: Draft, chance: Chance) => void; whole?: true }>> = {
  nothing: { spoil: () => {}, whole: true },
  'another method': {
    spoil: (draft, chance) => {
      draft.method = chance.one([...METHODS, 'HACK', '', 'get', 'A'.repeat(1_000)]);
    },
  },
  'a part of the path': {
    spoil: (draft, chance) => {
      draft.path = replaced(draft.path, chance.one(NASTY), chance);
    },
  },
  'a part of the path, escaped': {
    whole: true,
    spoil: (draft, chance) => {
      const piece = chance.one(NASTY.filter((one) => one.length < 4_000));
      const escaped = encodeURIComponent(Buffer.from(piece, 'latin1').toString('latin1'));
      draft.path = `/${replaced(draft.path, escaped, chance)}`.replace(/^\/+/, '/');
    },
  },
  'something in the path': {
    spoil: (draft, chance) => {
      draft.path = spliced(draft.path, chance.one(NASTY), chance);
    },
  },
  'a whole URL for a path': {
    spoil: (draft, chance) => {
      draft.path = `${chance.one(['http://evil.example', 'HTTP://[', 'ftp://x', '//', '*'])}${draft.path}`;
    },
  },
  'another version': {
    spoil: (draft, chance) => {
      draft.version = chance.one(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/9.9', '', 'RTSP/1.0']);
    },
  },
  'a header': {
    spoil: (draft, chance) => {
      const [name, value] = chance.one(HEADERS);
      draft.headers.push([name, value]);
    },
  },
  'a value of a header': {
    spoil: (draft, chance) => {
      const header = chance.one(draft.headers);
      if (header !== undefined) header[1] = spliced(header[1], chance.one(NASTY), chance);
    },
  },
  'a header twice': {
    spoil: (draft, chance) => {
      const header = chance.one(draft.headers);
      if (header !== undefined) draft.headers.push([header[0], spliced(header[1], 'x', chance)]);
    },
  },
  'many headers': {
    spoil: (draft, chance) => {
      const name = chance.one(['X', 'Cookie', 'Host', '__proto__']);
      draft.headers.push(...Array.from({ length: 1_500 }, (): [string, string] => [name, 'x']));
    },
  },
  'another body': {
    whole: true,
    spoil: (draft, chance) => {
      draft.body = chance.one(NASTY_BODIES);
    },
  },
  'something in the body': {
    whole: true,
    spoil: (draft, chance) => {
      draft.body = spliced(draft.body, chance.one(NASTY_BODIES), chance);
    },
  },
  'a value of the body': {
    whole: true,
    spoil: (draft, chance) => {
      draft.body = otherwise(draft.body, chance);
    },
  },
  'bytes in the body': {
    whole: true,
    spoil: (draft, chance) => {
      draft.body = spliced(draft.body, chance.bytes(1 + chance.below(40)).toString('latin1'), chance);
    },
  },
  'a body of another type': {
    whole: true,
    spoil: (draft, chance) => {
      const type = chance.one(HEADERS.filter(([name]) => name === 'Content-Type'));
      draft.headers = [...draft.headers.filter(([name]) => name !== 'Content-Type'), [...type]];
    },
  },
  'no length': {
    spoil: (draft) => {
      draft.framing = 'none';
    },
  },
  chunks: {
    whole: true,
    spoil: (draft) => {
      draft.framing = 'chunks';
    },
  },
  'a chunk that is none': {
    spoil: (draft, chance) => {
      draft.framing = 'none';
      draft.headers.push(['Transfer-Encoding', 'chunked']);
      draft.body = chance.one([
        'zz\r\n',
        '-1\r\nx',
        'ffffffffffffffff\r\nx',
        '5\r\nab',
        '1;x="\r\na\r\n0\r\nX',
      ]);
    },
  },
};

/** What is done to a request as bytes, once it is written. */
const ON_THE_WIRE: readonly (readonly [
  string,
  (bytes: Buffer, chance: Chance, next: () => Buffer) => Buffer,
])[] = [
  ['half of it', (bytes, chance) => bytes.subarray(0, chance.below(bytes.length))],
  [
    'some bytes otherwise',
    (bytes, chance) => {
      const changed = Buffer.from(bytes);
      for (let left = 1 + chance.below(6); left > 0; left -= 1)
        changed[chance.below(Math.min(changed.length, 400))] = chance.below(256);
      return changed;
    },
  ],
  [
    'bytes between',
    (bytes, chance) => {
      const at = chance.below(bytes.length + 1);
      return Buffer.concat([bytes.subarray(0, at), chance.bytes(1 + chance.below(20)), bytes.subarray(at)]);
    },
  ],
  ['another behind it', (bytes, _chance, next) => Buffer.concat([bytes, next(), next()])],
  ['the same 20 times', (bytes) => Buffer.concat(Array.from({ length: 20 }, () => bytes))],
  ['bytes behind it', (bytes, chance) => Buffer.concat([bytes, chance.bytes(60)])],
  ['bytes alone', (_bytes, chance) => chance.bytes(1 + chance.below(300))],
  ['no more than line ends', () => Buffer.from('\r\n'.repeat(500))],
];

function written(draft: Draft): Buffer {
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

/** A request that was good, spoilt in one way or in several. */
export function spoilt(valid: readonly ValidRequest[], host: string, chance: Chance): Hostile {
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
  const base = chance.one(valid);
  const onTheWire = chance.below(3) === 0 ? chance.one(ON_THE_WIRE) : undefined;
  const draft = draftOf(base, onTheWire === undefined ? 'close' : 'keep-alive');
  const names = Object.keys(MUTATIONS);
  const chosen = Array.from({ length: 1 + chance.below(2) }, () => chance.one(names));
  for (const name of chosen) MUTATIONS[name]?.spoil(draft, chance);
  let lasts = base.lasts === true;
  const next = () => {
    const another = chance.one(valid);
    lasts ||= another.lasts === true;
    return written(draftOf(another, 'keep-alive'));
  };
  const before = written(draft);
  const bytes = onTheWire?.[1](before, chance, next) ?? before;
  const isCut = chance.below(12) === 0;
  return {
    what: [`${base.method} ${base.path}`, ...chosen, ...(onTheWire ? [onTheWire[0]] : [])].join(' + '),
    bytes,
    lasts,
    isWhole:
      !isCut &&
      base.lasts === undefined &&
      onTheWire === undefined &&
      chosen.every((name) => MUTATIONS[name]?.whole === true),
    end: isCut ? 'cut' : 'by itself',
  };
}
