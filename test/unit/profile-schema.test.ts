import path from 'node:path';
import { Ajv } from 'ajv';
import type { TObject } from 'typebox';
import { describe, expect, it } from 'vitest';
import { check } from '../../src/control/schema/mismatch.ts';
import { PROFILE } from '../../src/control/schema/profile-format.ts';
import { ROW_NAMES } from '../../src/domain/answer-profile.ts';

const FILE = path.join(import.meta.dirname, '../../fixtures/profile.schema.json');

/** The schema that profiles are checked against, with that of a row written once. */
function createPublishedSchema() {
  const { properties, ...schema }: TObject = PROFILE.schema;
  const { properties: rows, ...answers } = properties.answers as TObject;
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    ...schema,
    properties: {
      ...properties,
      answers: {
        ...answers,
        properties: Object.fromEntries(ROW_NAMES.map((row) => [row, { $ref: '#/definitions/row' }])),
      },
    },
    definitions: { row: rows?.token },
  };
}

describe('published answer profile schema', () => {
  // After changing the format or a row, run: npx vitest run profile-schema --update
  it('matches the schema that profiles are checked against', async () => {
    await expect(`${JSON.stringify(createPublishedSchema(), null, 2)}\n`).toMatchFileSnapshot(FILE);
  });

  const validate = new Ajv({ strict: false, allowUnionTypes: true }).compile(createPublishedSchema());

  it.each([
    { name: 'x', answers: {} },
    { name: 'x', answers: { token_json: 'token', wrong_secret: { status: 400, body: '{}' } } },
    { name: 'x', headers: { server: 'x' }, scope: 'a b', expires_in: 60, state_member: '', answers: {} },
    {
      name: 'x',
      answers: { token: { status: 200, headers: { 'x-frame-options': null }, body: '{{access_token}}' } },
    },
  ])('accepts the profile %j', (profile) => {
    expect([validate(profile), check(PROFILE, profile)]).toEqual([true, []]);
  });

  it.each([
    { name: 'x' },
    { name: 'x y', answers: {} },
    { name: 'x', answers: { tokens: 'token' } },
    { name: 'x', answers: { token: 'tokens' } },
    { name: 'x', answers: { token: { body: 'x' } } },
    { name: 'x', answers: { token: { status: 99 } } },
    { name: 'x', answers: { token: { status: 200, headers: { a: 1 } } } },
  ])('rejects the profile %j', (profile) => {
    expect([validate(profile), check(PROFILE, profile).length]).toEqual([false, 1]);
  });

  it.each<[string, object, string[]]>([
    [
      'a circle',
      { token: 'token_basic', token_basic: 'token' },
      [
        'token: is answered as itself; give it an answer',
        'token_basic: is answered as itself; give it an answer',
      ],
    ],
    [
      'an unknown placeholder',
      { token: { status: 200, body: '{{acces_token}}' } },
      ['token: body: {{acces_token}} is no placeholder; did you mean {{access_token}}?'],
    ],
    [
      'what cannot be granted',
      { wrong_secret: { status: 200, accepts: true } },
      ['wrong_secret: accepts: this row is always answered so'],
    ],
    [
      'headers that cannot be sent',
      {
        token: { status: 200, headers: { 'Content-Type': 'a', date: 'x', trailer: 'x-sum', 'x-a': 'a\nb' } },
      },
      [
        "'Content-Type' is not the name of a header in lower case",
        'date: the server sets this by itself; leave it out',
        'trailer: the server sets this by itself; leave it out',
        'x-a: a header cannot contain line breaks and the like',
      ],
    ],
    ['a body that is never sent', { revoke: { status: 204, body: 'x' } }, ['revoke: body: 204 has no body']],
    [
      'an event of an endpoint without page',
      { token: { status: 200, event: 'VideocallNotFound' } },
      ['token: event: only /call without a call posts one'],
    ],
  ])('finds %s', (_, answers, messages) => {
    expect(check(PROFILE, { name: 'x', answers }).map(({ message }) => message)).toEqual(messages);
  });
});
