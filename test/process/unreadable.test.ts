import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { exchange } from '../support/raw-http.ts';
import { startProcess } from '../support/real-process.ts';
import { explainMissingTool, findTool } from '../support/tools.ts';

const CLIENT_HELLO = Buffer.from([22, 3, 1, 0, 5, 1, 0, 0, 1, 0]);

describe('the log of requests that cannot be read', () => {
  it('prints a reason once for each client', async () => {
    const server = await startProcess();
    for (let index = 0; index < 100; index += 1) {
      await Promise.all(Array.from({ length: 20 }, () => exchange(server.url, CLIENT_HELLO)));
    }
    expect(await server.stop()).toBe(0);
    expect(server.getErrors()).toBe(
      `mock-veridas: warn: request from 127.0.0.1: a client speaks TLS here: use http:// or start with --https. See ${server.url}/__console\n`,
    );
  });

  it.each([
    ['POST /o/token/', 'POST /o/token/ was refused with 400'],
    ['POST /__admin/reset', 'request from 127.0.0.1'],
  ])('prints once that the body of %s is malformed', async (start, place) => {
    const server = await startProcess();
    const head = [`${start} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/x-www-form-urlencoded'];
    await exchange(server.url, [...head, 'Transfer-Encoding: chunked', '', 'size', '', ''].join('\r\n'));
    expect(await server.stop()).toBe(0);
    expect(server.getErrors()).toBe(
      `mock-veridas: warn: ${place}: the chunked body is malformed: send Content-Length, or let the HTTP client do the chunking. See ${server.url}/__console\n`,
    );
  });

  it('prints one line for an expectation that is unknown', async () => {
    const server = await startProcess();
    const head = ['POST /o/token/ HTTP/1.1', 'Host: localhost', 'Connection: close', 'Expect: cake'];
    await exchange(
      server.url,
      [...head, 'Content-Type: application/x-www-form-urlencoded', 'Content-Length: 0', '', ''].join('\r\n'),
    );
    expect(await server.stop()).toBe(0);
    expect(server.getErrors()).toBe(
      `mock-veridas: warn: POST /o/token/ was refused with 417: Expect: "cake" is unknown; leave it out, or send 100-continue. See ${server.url}/__console\n`,
    );
  });

  it('prints fewer than 20 lines for 10,000 requests that cannot be read', async () => {
    const server = await startProcess();
    for (let index = 0; index < 10_000; index += 50) {
      const send = (_: unknown, at: number) =>
        exchange(server.url, `X${index + at} / HTTP/1.1\r\nh${at}(: 1\r\n\r\n`);
      await Promise.all(Array.from({ length: 50 }, send));
    }
    expect(await server.stop()).toBe(0);
    expect(server.getErrors().split('\n').length).toBeLessThan(20);
  });

  it('prints no reason with --log-level error', async () => {
    const server = await startProcess({ flags: ['--log-level', 'error'] });
    await exchange(server.url, CLIENT_HELLO);
    expect(await server.stop()).toBe(0);
    expect(server.getErrors()).toBe('');
  });

  const why = explainMissingTool('curl');
  it.skipIf(why).each([
    [['https://HOST/o/token/'], 'a client speaks TLS here'],
    [['--proxy', 'http://HOST', 'https://shop.example/'], 'a client uses this address as its HTTP proxy'],
    [['--proxy', 'socks5h://HOST', 'https://shop.example/'], 'a client uses this port as a SOCKS proxy'],
    [['--haproxy-protocol', 'http://HOST/call'], 'a proxy sends the PROXY protocol'],
    [['--http2-prior-knowledge', 'http://HOST/call'], 'a client speaks HTTP/2 without TLS'],
    [['http://HOST/call?validation_id=señor'], 'the address has raw non-ASCII characters'],
    [['-H', `Authorization: Basic ${'QUJD'.repeat(19)}\nREVG`, 'http://HOST/call'], 'base64 -w0'],
    [['-H', `Cookie: ${'x'.repeat(17_000)}`, 'http://HOST/call'], 'address and headers exceed 16 kB'],
  ])(`says what is wrong with curl %j${why ? ` (skipped: ${why})` : ''}`, async (given, reason) => {
    const server = await startProcess();
    const args = given.map((one) => one.replace('HOST', new URL(server.url).host));
    await promisify(execFile)(findTool('curl') ?? '', ['--silent', '--max-time', '20', ...args]).catch(
      () => {},
    );
    expect(await server.stop()).toBe(0);
    expect(server.getErrors()).toMatch(
      new RegExp(`^mock-veridas: warn: request from 127\\.0\\.0\\.1: .*${reason}.*\\. See .*\\n$`),
    );
    expect(server.getErrors()).not.toMatch(/QUJD|REVG/);
  });
});
