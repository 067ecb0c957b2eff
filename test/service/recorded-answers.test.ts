import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClientRecord } from '../../src/domain/client.ts';
import { atLeast } from '../support/at-least.ts';
import { type Drive, openDrive } from '../support/drive.ts';
import { type RawRequest, sendRaw } from '../support/raw-http.ts';

type Matcher = string | { $regex: string };

interface Step {
  /** A token that expires in this step. */
  readonly expire?: string;
  readonly send?: Omit<RawRequest, 'body'> & {
    readonly body?: string;
    readonly base64?: string;
    /** Each is a text, or a text and its number of repetitions. */
    readonly parts?: readonly (string | [string, number])[];
  };
  /** JSON pointers into the answer, by the name that later steps use for the value. */
  readonly capture?: Readonly<Record<string, string>>;
  readonly expect?: { readonly status: number; readonly headers: number; readonly text: Matcher };
}

interface Recording {
  readonly clients: Readonly<Record<string, { readonly id: string; readonly secret: string }>>;
  readonly headers: readonly Readonly<Record<string, string | null>>[];
  readonly cases: readonly { readonly name: string; readonly steps: readonly Step[] }[];
}

/** Malformed bodies that @fastify/multipart reads differently from the recorded software, with our answers. docs/explanation/differences.md lists why. */
const KNOWN_DIFFERENCES: Readonly<Record<string, NonNullable<Step['expect']>>> = {
  'mp-boundary-prefix: a boundary that is a prefix of the one in the body': {
    status: 400,
    headers: 0,
    text: '{"error": "unsupported_grant_type"}',
  },
  'rev-mp-wrongboundary: multipart with another boundary': {
    status: 400,
    headers: 0,
    text: '{"error": "invalid_request", "error_description": "Missing token parameter."}',
  },
};

const recording = JSON.parse(
  readFileSync(path.join(import.meta.dirname, '../fixtures/recorded-answers.json'), 'utf8'),
) as Recording;

const clients = Object.entries(recording.clients).map(([role, { id, secret }]) =>
  createClientRecord({
    clientId: id,
    clientSecret: secret,
    ...(role === 'public' && { type: 'public' }),
    ...(role === 'authcode' && { grantType: 'authorization-code' }),
  }),
);

const fillIn = (text: string, values: Record<string, string>) =>
  text.replace(/\{\{(\w+)\}\}/g, (_, name: string) => values[name] ?? '');

function bodyOf(
  { body = '', base64, parts }: NonNullable<Step['send']>,
  values: Record<string, string>,
): Buffer {
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  const text =
    parts?.map((part) => (typeof part === 'string' ? part : part[0].repeat(part[1]))).join('') ?? body;
  return Buffer.from(fillIn(text, values));
}

describe('recorded answers of the authentication API', () => {
  let d: Drive;
  beforeAll(async () => {
    d = await openDrive({ clients });
  });
  afterAll(() => d.mock.close());

  it('lists known differences only for recorded cases', () => {
    const names = recording.cases.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(KNOWN_DIFFERENCES)));
  });

  it.each(atLeast(300, recording.cases))('answers as recorded: $name', async ({ name: caseName, steps }) => {
    const values: Record<string, string> = {};
    for (const step of steps) {
      if (step.expire !== undefined) {
        await d.admin('POST', `/tokens/${fillIn(step.expire, values)}/expire`, {});
      }
      if (step.send === undefined || step.expect === undefined) continue;
      const answer = await sendRaw(d.mock.url, {
        ...step.send,
        path: fillIn(step.send.path, values),
        headers: (step.send.headers ?? []).map(([name, value]) => [name, value && fillIn(value, values)]),
        body: bodyOf(step.send, values),
      });
      const expected = KNOWN_DIFFERENCES[caseName] ?? step.expect;
      expect(answer.status).toBe(expected.status);
      for (const [name, value] of Object.entries(recording.headers[expected.headers] ?? {})) {
        expect([name, answer.headers[name] ?? null]).toEqual([name, value]);
      }
      const text = answer.body.toString();
      if (typeof expected.text === 'string') expect(text).toBe(expected.text);
      else expect(text).toMatch(new RegExp(expected.text.$regex));
      for (const [name, pointer] of Object.entries(step.capture ?? {})) {
        const value = JSON.parse(text)[pointer.slice(1)] as string;
        expect(Object.values(values)).not.toContain(value);
        values[name] = value;
      }
    }
  });
});
