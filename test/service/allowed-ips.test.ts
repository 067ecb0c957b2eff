import { connect, isIP } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { parseRange } from '../../src/domain/address.ts';
import { createClientRecord } from '../../src/domain/client.ts';
import type { MockOptions } from '../../src/library/index.ts';
import { isAmong } from '../../src/server/address.ts';
import { type Drive, type Json, openDrive } from '../support/drive.ts';
import { type RawAnswer, sendRaw } from '../support/raw-http.ts';

const BANK = createClientRecord({
  clientId: 'bank',
  clientSecret: 'secret',
  environment: 'production',
  allowedIps: ['127.0.0.2', '10.1.0.0/16', '2001:db8::/32'],
});
const SHOP = createClientRecord({ clientId: 'shop', clientSecret: 'secret', allowedIps: ['10.9.9.9'] });

const FORM: [string, string] = ['Content-Type', 'application/x-www-form-urlencoded'];
const CREDENTIALS = 'grant_type=client_credentials&client_id=bank&client_secret=secret';

let d: Drive;
const start = async (options: MockOptions = {}) => {
  d = await openDrive({ clients: [BANK, SHOP], ...options });
  return d.mock.url;
};
afterEach(() => d.mock.close());

const ask = (
  url: string,
  {
    from,
    headers = [],
    body = CREDENTIALS,
  }: { from?: string; headers?: [string, string][]; body?: string } = {},
): Promise<RawAnswer> =>
  sendRaw(url, {
    method: 'POST',
    path: '/o/token/',
    headers: [FORM, ...headers],
    body: Buffer.from(body),
    ...(from !== undefined && { localAddress: from }),
  });

describe('production client', () => {
  it('serves a production client from an address on its list', async () => {
    expect((await ask(await start(), { from: '127.0.0.2' })).status).toBe(200);
  });

  it('blocks a production client from any other address with 403 and the reason', async () => {
    const { status, body } = await ask(await start(), { from: '127.0.0.3' });
    expect(status).toBe(403);
    expect(body.toString()).toContain('allowed_ips of "bank"');
  });

  it('blocks a production client before checking its secret, in the body or as Basic', async () => {
    const url = await start();
    const wrong = 'grant_type=client_credentials&client_id=bank&client_secret=wrong';
    const basic: [string, string] = ['Authorization', `Basic ${btoa('bank:wrong')}`];
    expect((await ask(url, { body: wrong })).status).toBe(403);
    expect((await ask(url, { headers: [basic], body: 'grant_type=client_credentials' })).status).toBe(403);
  });

  it('blocks a production client over IPv6', async () => {
    const { port } = new URL(await start());
    expect((await ask(`http://[::1]:${port}`)).status).toBe(403);
  });

  it('serves a production client over IPv6 from an address on its list', async () => {
    const bank = { ...BANK, allowedIps: ['::1'] };
    const { port } = new URL(await start({ clients: [bank] }));
    expect((await ask(`http://[::1]:${port}`)).status).toBe(200);
  });

  it('treats an IPv4 address mapped into IPv6 as the IPv4 address', async () => {
    const { port } = new URL(await start({ host: '::' }));
    const url = `http://127.0.0.1:${port}`;
    expect((await ask(url, { from: '127.0.0.2' })).status).toBe(200);
    expect((await ask(url, { from: '127.0.0.3' })).status).toBe(403);
  });

  it('blocks a production client from revoking tokens', async () => {
    const url = await start();
    const { status } = await sendRaw(url, {
      method: 'POST',
      path: '/o/revoke_token/',
      headers: [FORM],
      body: Buffer.from('token=x&client_id=bank&client_secret=secret'),
    });
    expect(status).toBe(403);
  });

  it('serves /call of a production client to any address, because users open it', async () => {
    const url = await start();
    const { body } = await ask(url, { from: '127.0.0.2' });
    const token = JSON.parse(body.toString()).access_token as string;
    expect((await d.open(token, 'v')).status).toBe(200);
  });
});

describe('other clients', () => {
  it('does not block a sandbox client', async () => {
    const body = 'grant_type=client_credentials&client_id=shop&client_secret=secret';
    expect((await ask(await start(), { body })).status).toBe(200);
  });

  it('gives the recorded answer to a request without a client', async () => {
    expect((await ask(await start(), { body: 'grant_type=client_credentials' })).status).toBe(401);
  });
});

describe('--blocked', () => {
  it('resets the connection with --blocked reset', async () => {
    const url = await start({ blocked: 'reset' });
    await expect(ask(url)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('sends nothing with --blocked hang until the client gives up', async () => {
    const { hostname, port } = new URL(await start({ blocked: 'hang' }));
    const served = await ask(d.mock.url, { from: '127.0.0.2' });
    expect(served.status).toBe(200);
    const received = await new Promise<string>((resolve) => {
      let data = '';
      const socket = connect(Number(port), hostname, () => {
        const head = `POST /o/token/ HTTP/1.1\r\nHost: x\r\n${FORM.join(': ')}\r\nContent-Length: ${CREDENTIALS.length}`;
        socket.write(`${head}\r\n\r\n${CREDENTIALS}`);
      });
      socket.on('data', (chunk) => {
        data += chunk;
      });
      // This request is sent later, so an answer to the blocked one would have arrived first.
      void ask(d.mock.url, { from: '127.0.0.2' }).then(() => {
        socket.destroy();
        resolve(data);
      });
    });
    expect(received).toBe('');
  });

  it('stops while a blocked request hangs', async () => {
    const { hostname, port } = new URL(await start({ blocked: 'hang' }));
    const closed = new Promise((resolve) => {
      const socket = connect(Number(port), hostname, () =>
        socket.write(
          `POST /o/token/ HTTP/1.1\r\nHost: x\r\n${FORM.join(': ')}\r\nContent-Length: ${CREDENTIALS.length}\r\n\r\n${CREDENTIALS}`,
        ),
      );
      socket.on('error', () => {});
      socket.on('close', resolve);
    });
    await ask(d.mock.url, { from: '127.0.0.2' });
    await d.mock.close();
    await closed;
  });
});

describe('X-Forwarded-For', () => {
  const spoofed: [string, string] = ['X-Forwarded-For', '127.0.0.2'];

  it('ignores X-Forwarded-For when no proxy is trusted', async () => {
    expect((await ask(await start(), { headers: [spoofed] })).status).toBe(403);
  });

  it('ignores X-Forwarded-For from an address that is not a trusted proxy', async () => {
    expect((await ask(await start({ trustProxy: ['127.0.0.9'] }), { headers: [spoofed] })).status).toBe(403);
  });

  it.each([
    ['127.0.0.2', 200],
    ['6.6.6.6, 127.0.0.2', 200],
    ['127.0.0.2, 6.6.6.6', 403],
    ['127.0.0.2, 127.0.0.1', 200],
    ['6.6.6.6', 403],
    ['nonsense', 403],
    ['127.0.0.2:51234', 200],
    ['[127.0.0.2]:51234', 200],
    ['6.6.6.6:1, 127.0.0.2:51234, 127.0.0.1:80', 200],
    ['127.0.0.2:51234,\t6.6.6.6:1', 403],
    ['::ffff:127.0.0.2', 200],
    ['[::ffff:7f00:2]:443', 200],
    ['2001:db8::7', 200],
    ['[2001:db8::7]:443', 200],
    ['"[2001:DB8::7]:443"', 200],
    ['[2001:db8::7%eth0]', 200],
    ['127.0.0.2:port', 403],
    ['127.0.0.2, unknown', 403],
    ['127.0.0.2, _hidden', 403],
  ])(
    'uses the right-most address in X-Forwarded-For that is no trusted proxy: "%s" gets %s',
    async (value, status) => {
      const url = await start({ trustProxy: ['127.0.0.1'] });
      expect((await ask(url, { headers: [['X-Forwarded-For', value]] })).status).toBe(status);
    },
  );

  it.each([
    ['203.0.113.7:51234', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['198.51.100.1, 203.0.113.7:51234, 127.0.0.1:4711', '203.0.113.7'],
    ['[203.0.113.7]:443', '203.0.113.7'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['2001:DB8:0:0::7', '2001:db8::7'],
    ['"[2001:db8::7]:443"', '2001:db8::7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['[::ffff:cb00:7107]:443', '203.0.113.7'],
    ['fe80::7%eth0', 'fe80::7'],
    ['[fe80::7%25eth0]:443', 'fe80::7'],
    ['unknown', 'unknown'],
    ['_hidden', 'unknown'],
    ['203.0.113.7:https', 'unknown'],
    ['203.0.113.700', 'unknown'],
    ['client.example:443', 'unknown'],
    [', ,', '127.0.0.1'],
  ])('records the client of X-Forwarded-For "%s" as %s', async (value, from) => {
    const url = await start({ trustProxy: ['127.0.0.1'] });
    await ask(url, { headers: [['X-Forwarded-For', value]] });
    expect((await d.admin('GET', '/requests')).json.items.at(-1).from).toBe(from);
  });

  it('reads several X-Forwarded-For lines as one list', async () => {
    const url = await start({ trustProxy: ['127.0.0.1', '10.0.0.0/8'] });
    const lines = ['6.6.6.6', '127.0.0.2:51234', '10.0.0.5:4711'];
    const { status } = await ask(url, { headers: lines.map((line) => ['X-Forwarded-For', line]) });
    expect(status).toBe(200);
    expect((await d.admin('GET', '/requests')).json.items.at(-1).from).toBe('127.0.0.2');
  });

  it('says which text in X-Forwarded-For is no address', async () => {
    const url = await start({ trustProxy: ['127.0.0.1'] });
    const { body } = await ask(url, { headers: [['X-Forwarded-For', '127.0.0.2, _hidden']] });
    const reason = `the address of the sender is not in the allowed_ips of "bank": X-Forwarded-For has "_hidden" where an address must be`;
    expect(body.toString()).toBe(`403 Forbidden: ${reason}\n`);
    expect((await d.admin('GET', '/requests')).json.items.at(-1)).toMatchObject({ from: 'unknown', reason });
  });

  it('records an IPv4 client of a socket that accepts both families by its IPv4 address', async () => {
    const { port } = new URL(await start({ host: '::', admin: { user: 'u', password: 'p', origins: [] } }));
    await ask(`http://127.0.0.1:${port}`, { from: '127.0.0.3' });
    const answer = await fetch(`${d.mock.adminUrl}/requests`, {
      headers: { authorization: `Basic ${btoa('u:p')}` },
    });
    expect(((await answer.json()) as Json).items.at(-1).from).toBe('127.0.0.3');
  });
});

describe('IP addresses and ranges', () => {
  it.each([
    ['10.1.2.3', true],
    ['10.2.0.1', false],
    ['127.0.0.2', true],
    ['::ffff:127.0.0.2', true],
    ['::ffff:7f00:2', true],
    ['2001:db8::1', true],
    ['2001:db9::1', false],
    ['', false],
    ['not an address', false],
  ])('matches "%s" against the allowed addresses: %s', (address, expected) => {
    expect(isAmong(address, BANK.allowedIps)).toBe(expected);
  });

  it.each([
    ['10.0.0.1', true],
    ['10.0.0.0/8', true],
    ['::1', true],
    ['2001:db8::/32', true],
    ['10.0.0.0/33', false],
    ['10.0.0/8', false],
    ['10.0.0.1/', false],
    ['10.0.0.1/8/8', false],
    ['bank.example', false],
    ['::ffff:10.0.0.0/8', true],
    ['::ffff:10.0.0.0/104', false],
    ['2001:db8::/129', false],
    ['::1%eth0', false],
    ['01.2.3.4', false],
  ])('parses "%s" as an address or range: %s', (text, expected) => {
    expect(parseRange(text) !== undefined).toBe(expected);
  });

  it('parses exactly the addresses that Node.js accepts', () => {
    const part = fc.oneof(
      fc.constantFrom('::', ':', '.', '0', '255', '256', '00', 'ffff', 'g', '1.2.3.4'),
      fc.ipV4(),
    );
    const text = fc.oneof(
      fc.ipV4(),
      fc.ipV6(),
      fc.array(part, { maxLength: 15 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (address) => {
        expect(parseRange(address) !== undefined).toBe(isIP(address) !== 0);
      }),
      { numRuns: 5_000 },
    );
  });
});
