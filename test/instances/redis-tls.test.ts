import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PemConverter, SubjectAlternativeNameExtension, X509CertificateGenerator } from '@peculiar/x509';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRedisCluster } from '../support/cluster.ts';
import { openDrive } from '../support/drive.ts';
import { createPrefix, type RedisServer, startRedis } from '../support/redis.ts';
import { startSentinelGroup } from '../support/sentinel.ts';
import { explainMissingTool } from '../support/tools.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** A certificate that server and client identify with, and that both trust. */
async function issue() {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const cert = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=test',
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }])],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { cert: cert.toString('pem'), key: PemConverter.encode(key, 'PRIVATE KEY') };
}

const why = explainMissingTool('redis');

describe.skipIf(why)(`a Redis with TLS and client certificates${why ? ` (${why})` : ''}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mock-veridas-redis-tls-'));
  const files = {
    ca: path.join(folder, 'ca.pem'),
    cert: path.join(folder, 'cert.pem'),
    key: path.join(folder, 'key.pem'),
  };
  let server: RedisServer;
  let plain: RedisServer;
  beforeAll(async () => {
    if (why !== undefined) return;
    const { cert, key } = await issue();
    for (const [name, pem] of Object.entries({ ca: cert, cert, key }))
      writeFileSync(path.join(folder, `${name}.pem`), pem);
    server = await startRedis({ tls: files });
    plain = await startRedis();
  });
  afterAll(async () => {
    await server?.stop();
    await plain?.stop();
    rmSync(folder, { recursive: true });
  });
  const start = (store: string) => openDrive({ store, storePrefix: createPrefix() });
  const address = (names: readonly (keyof typeof files)[]) =>
    `${server.url.split('?')[0]}?${names.map((name) => `${name}=${files[name]}`).join('&')}`;

  it('is used with the CA and the certificate that the address names', async () => {
    const { mock, requestToken } = await start(address(['ca', 'cert', 'key']));
    expect((await requestToken()).status).toBe(200);
    await mock.close();
  });

  it('is found and used over TLS when Sentinels watch it, also after a fail-over', async () => {
    const group = await startSentinelGroup({ tls: files, password: 'p@ss', sentinelPassword: 'w:t&ch' });
    try {
      const { mock, requestToken, admin } = await start(group.url);
      expect((await requestToken()).status).toBe(200);
      const old = await group.findMaster();
      await old.signal('SIGKILL');
      await expect.poll(async () => (await requestToken()).status).toBe(503);
      await expect.poll(async () => (await admin('GET', '/health')).status, { timeout: 60_000 }).toBe(200);
      expect((await requestToken()).status).toBe(200);
      await mock.close();
      await expect(start(group.url.replace('rediss', 'redis').split('?')[0] ?? '')).rejects.toThrow(
        /the connection was closed; a server that expects TLS needs a rediss\+sentinel:\/\/ address/,
      );
    } finally {
      await group.stop();
    }
  });

  it('is used over TLS when it is a cluster, also after a fail-over', async () => {
    const group = await startRedisCluster({ tls: files, password: 'p@ss' });
    try {
      const { mock, requestToken, admin } = await start(group.url);
      expect((await requestToken()).status).toBe(200);
      const [old] = (await group.findMasters()) as [RedisServer];
      await old.signal('SIGKILL');
      await expect.poll(async () => (await admin('GET', '/health')).status).toBe(503);
      await expect.poll(async () => (await admin('GET', '/health')).status, { timeout: 60_000 }).toBe(200);
      expect((await requestToken()).status).toBe(200);
      expect((await admin('POST', '/reset')).status).toBe(204);
      await mock.close();
      await expect(start(group.url.replace('rediss', 'redis').split('?')[0] ?? '')).rejects.toThrow(
        /the connection was closed; a server that expects TLS needs a rediss\+cluster:\/\/ address/,
      );
    } finally {
      await group.stop();
    }
  });

  it.each<[string, () => string, RegExp]>([
    ['an unknown CA', () => server.url.split('/?')[0] ?? '', /not trusted: add \?ca=FILE to the address/],
    [
      'no client certificate',
      () => address(['ca']),
      /asks for a client certificate: add \?cert=FILE&key=FILE/,
    ],
    ['a certificate without its key', () => address(['ca', 'cert']), /cert and key go together/],
    ['a missing file', () => 'rediss://127.0.0.1:1?ca=/no/such.pem', /ca cannot be read: .*\/no\/such\.pem/],
    [
      'redis:// where TLS is expected',
      () => (address([]).split('/?')[0] ?? '').replace('rediss', 'redis'),
      /rediss:\/\//,
    ],
    ['rediss:// where no TLS is expected', () => plain.url.replace('redis', 'rediss'), /\bredis:\/\//],
  ])('ends the start with %s, and tells what to change', async (_, getAddress, reason) => {
    await expect(start(getAddress())).rejects.toThrow(reason);
  });
});
