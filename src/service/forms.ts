import formbody from '@fastify/formbody';
import multipart, {
  type FastifyMultipartOptions,
  type Multipart,
  type MultipartFields,
} from '@fastify/multipart';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import fp from 'fastify-plugin';
import { FORM_TYPES } from '../guide/oauth.ts';
import { decodeBase64 } from './django/base64.ts';
import { type Charset, findCharset, UTF_8 } from './django/charset.ts';
import {
  type Form,
  isBoundary,
  MAX_BYTES,
  MAX_FIELDS,
  MAX_FILES,
  tooMany,
  UnreadableForm,
  urlencodedFields,
} from './django/form.ts';
import { parseHeaderValue } from './django/header-value.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** The raw body of an urlencoded form. */
    chunks?: readonly Buffer[];
    /** Names of the parts of a multipart form that have a filename. They are no fields. */
    fileFields?: string[];
    /** How the body is written, if it is no urlencoded form. */
    writtenAs?: 'json' | 'multipart';
    /** The fields of the body, or why they cannot be read; undefined when the body is not a form. */
    readForm?(): Form | UnreadableForm | undefined | Promise<Form | UnreadableForm>;
  }
}

/** The imitated framework accepts files of any size; this process does not. */
const MAX_BODY_BYTES = 10 * 2 ** 20;

const [URLENCODED, MULTIPART] = FORM_TYPES;
const JSON_TYPE = 'application/json';

/** What exceeded a limit of `@fastify/multipart`, by its error code. */
const LIMITS: Readonly<Record<string, string>> = {
  FST_FIELDS_LIMIT: 'fields',
  FST_FILES_LIMIT: 'files',
  FST_PARTS_LIMIT: 'parts',
  FST_REQ_FILE_TOO_LARGE: 'bytes',
};

/** Errors of `@fastify/multipart` that the imitated framework does not have: it reads the other fields. */
const isTolerated = ({ code, message }: { code: string; message: string }) =>
  code === 'FST_PROTO_VIOLATION' || message === 'Unexpected end of multipart data';

const getCharset = (label = 'utf-8'): Charset => findCharset(label) ?? UTF_8;

/** Removes the plugin's hooks, which delete saved files. None are saved here, and every request would pay for them. */
const multipartWithoutHooks = fp<FastifyMultipartOptions>((app, options, done) =>
  multipart(Object.create(app, { addHook: { value: () => app } }), options, done),
);

/** @param content text when the charset is UTF-8, one character per byte for any other charset, or bytes */
function decodeContent(content: string | Buffer, isBase64: boolean, charset: Charset): string {
  if (typeof content === 'string' && charset === UTF_8 && !isBase64) return content;
  const bytes = Buffer.from(content as string, charset === UTF_8 ? 'utf8' : 'latin1');
  return charset.decodeLenient((isBase64 && decodeBase64(bytes.toString('latin1'))) || bytes);
}

async function multipartForm(request: FastifyRequest, charset: Charset): Promise<Form | UnreadableForm> {
  const { raw } = request;
  const defCharset = charset === UTF_8 ? 'utf-8' : 'latin1';
  const complete = new Set<Multipart>();
  let fields: MultipartFields = {};
  let bytes = 0;
  let received = 0;
  let lastChunk: Buffer = Buffer.alloc(0);
  try {
    raw.on('data', (chunk: Buffer) => {
      lastChunk = chunk;
      received += chunk.length;
    });
    for await (const part of request.parts({ defCharset })) {
      complete.add(part);
      fields = part.fields;
      if (part.type === 'file' && part.filename) {
        part.file.resume();
        request.fileFields = [...(request.fileFields ?? []), part.fieldname.trim()];
      } else if (part.type === 'file') part.value = await part.toBuffer();
      bytes += Buffer.byteLength((part.value ?? '') as string | Buffer) + (part.fieldname?.length ?? 0) + 2;
      if (bytes > MAX_BYTES || received > MAX_BODY_BYTES) return tooMany('bytes');
    }
    // What follows the last part counts as well.
    if (received > MAX_BODY_BYTES) return tooMany('bytes');
  } catch (error) {
    const failure = error as Error & { code: string };
    const limit = LIMITS[failure.code];
    if (limit !== undefined) return tooMany(limit);
    if (!isTolerated(failure)) return new UnreadableForm(failure.message);
  } finally {
    raw.unpipe();
  }
  // When the end of the body is missing, the last field arrives in `fields` after the error, without its line break.
  const [lineBreak = ''] = /\r\n?$/.exec(lastChunk.subarray(-2).toString('latin1')) ?? [];
  return (Object.values(fields).flat() as Multipart[])
    .filter(({ fieldname, value }) => fieldname !== undefined && value !== undefined)
    .map((part) => {
      const text = decodeContent(part.value as string | Buffer, part.encoding === 'base64', charset);
      return [part.fieldname.trim(), complete.has(part) ? text : text + lineBreak];
    });
}

/** The members of a JSON object that are no objects; none when it is not one. */
function jsonFields(body: Buffer): Form {
  try {
    return Object.entries(JSON.parse(body.toString()) ?? {})
      .filter(([, value]) => typeof value !== 'object')
      .map(([name, value]) => [name, String(value)]);
  } catch {
    return [];
  }
}

function readForm(this: FastifyRequest): Form | UnreadableForm | undefined | Promise<Form | UnreadableForm> {
  const { headers, body, chunks = [] } = this;
  const type = headers['content-type'] ?? '';
  // Fastify ignores the case of the type; the imitated framework does not.
  const { main, parameters } = parseHeaderValue(type);
  const encoding = getCharset(parameters.get('charset'));
  if (main === URLENCODED && typeof body === 'string')
    return urlencodedFields(body, () => Buffer.concat(chunks), encoding);
  if (main === JSON_TYPE) {
    this.writtenAs = 'json';
    return Buffer.isBuffer(body) ? jsonFields(body) : undefined;
  }
  if (main !== MULTIPART || !this.isMultipart()) return undefined;
  this.writtenAs = 'multipart';
  if (!isBoundary(parameters.get('boundary')) || /[\u0080-\uffff]/.test(type))
    return new UnreadableForm('the multipart Content-Type has no usable boundary');
  if (Number(headers['content-length']) > MAX_BODY_BYTES) return tooMany('bytes');
  return multipartForm(this, encoding);
}

/**
 * Reads the forms of the authentication API with `@fastify/formbody` and `@fastify/multipart`, as the imitated framework reads
 * them. docs/explanation/differences.md lists where the packages differ from it.
 */
export const forms = fp<{ isJsonRead: boolean }>(async (app: FastifyInstance, { isJsonRead }) => {
  app.removeAllContentTypeParsers();
  // The imitated framework ignores a body that is not a form.
  app.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES }, async () => undefined);
  // An answer profile may grant what a JSON body asks for.
  if (isJsonRead)
    app.addContentTypeParser(
      JSON_TYPE,
      { parseAs: 'buffer', bodyLimit: MAX_BODY_BYTES },
      async (_: unknown, body: Buffer) => body,
    );

  // Formbody decodes as UTF-8 before its parser runs. Other charsets need the bytes.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    if (request.mediaType === URLENCODED) {
      const chunks: Buffer[] = [];
      request.chunks = chunks;
      payload.on('data', (chunk: Buffer) => chunks.push(chunk));
    }
    done(null, payload);
  });
  await app.register(formbody, { bodyLimit: MAX_BODY_BYTES, parser: (text) => text as never });
  await app.register(multipartWithoutHooks, {
    limits: {
      fields: MAX_FIELDS,
      files: MAX_FILES,
      parts: MAX_FIELDS + MAX_FILES,
      fieldSize: MAX_BYTES,
      fileSize: MAX_BODY_BYTES,
    },
    preservePath: true,
    // A JSON part is read as a file: as a field it would be parsed, and rejected when it is invalid.
    isPartAFile: (_name, type = '', filename) => Boolean(filename) || type.startsWith('application/json'),
  });
  app.decorateRequest('readForm', readForm);
});
