import { execFile } from 'node:child_process';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Drive, openDrive, SANDBOX } from '../support/drive.ts';
import { useHome } from '../support/home.ts';

describe.each(['http', 'https'] as const)('curl commands of the guide over %s', (scheme) => {
  let d: Drive;
  let answers: {
    name: string;
    token: string | undefined;
    status: string | undefined;
    body: string | undefined;
  }[];

  useHome();
  beforeAll(async () => {
    d = await openDrive({ https: scheme === 'https' });
    const { url, ca } = { ...d.mock, ...d.mock.https };
    const script = path.join(import.meta.dirname, 'guide-curl.sh');
    const output = await new Promise<string>((resolve, reject) => {
      // biome-ignore lint/style/noProcessEnv: the child process inherits the environment
      const env = { ...process.env, CURL_CA_BUNDLE: ca };
      execFile(script, [url, SANDBOX.client_id, SANDBOX.client_secret], { env }, (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      );
    });
    answers = output
      .replace(/\n$/, '')
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([what = '', status, body]) => ({
        name: what.split(' ')[0] ?? '',
        token: what.split(' ')[1],
        status,
        body,
      }));
  });
  afterAll(() => d.mock.close());

  it.each(['multipart-body', 'multipart-basic', 'urlencoded-body', 'urlencoded-basic'])(
    'answers a token request by %s with 200 and the documented body',
    (how) => {
      const answer = answers.find(({ name }) => name === `token-${how}`);
      expect(answer?.status).toBe('200');
      expect(JSON.parse(answer?.body ?? '')).toEqual({
        access_token: expect.stringMatching(/^[A-Za-z0-9]{30}$/),
        expires_in: 3600,
        token_type: 'Bearer',
        scope: 'read write groups',
      });
    },
  );

  it.each(['multipart-body', 'multipart-basic', 'urlencoded-body', 'urlencoded-basic'])(
    'answers a revocation by %s with 200 and no body, and then refuses the token on /call',
    async (how) => {
      const answer = answers.find(({ name }) => name === `revoke-${how}`);
      expect([answer?.status, answer?.body]).toEqual(['200', '']);
      expect((await d.open(answer?.token ?? '', 'v')).html).toContain('the access token was revoked');
    },
  );
});
