import { createSocket } from 'node:dgram';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { findUnreachablePorts } from '../../src/server/media/ports.ts';
import { createBindingAnswer, createBindingRequest } from '../../src/server/media/stun.ts';
import { type Drive, openDrive } from '../support/drive.ts';

const TRANSACTION = Buffer.from('b7e7a701bc34d686fa87dfae', 'hex');

describe('STUN answers', () => {
  it('encodes the addresses of RFC 5769 (2.2, 2.3) as specified', () => {
    const v4 = createBindingAnswer(createBindingRequest(TRANSACTION), { address: '192.0.2.1', port: 32853 });
    expect(v4?.subarray(20).toString('hex')).toBe('002000080001a147e112a643');
    const v6 = createBindingAnswer(createBindingRequest(TRANSACTION), {
      address: '2001:db8:1234:5678:11:2233:4455:6677',
      port: 32853,
    });
    expect(v6?.subarray(20).toString('hex')).toBe('002000140002a1470113a9faa5d3f179bc25f4b5bed2b9d9');
  });

  it.each([
    ['an empty packet', Buffer.alloc(0)],
    ['half a header', createBindingRequest(TRANSACTION).subarray(0, 12)],
    ['a packet with a wrong length', Buffer.concat([createBindingRequest(TRANSACTION), Buffer.alloc(4)])],
    ['another method', Buffer.concat([Buffer.from([0, 3]), createBindingRequest(TRANSACTION).subarray(2)])],
    [
      'a packet without the cookie',
      Buffer.concat([createBindingRequest(TRANSACTION).subarray(0, 4), Buffer.alloc(16)]),
    ],
  ])('does not answer %s over STUN', (_, packet) => {
    expect(createBindingAnswer(packet, { address: '127.0.0.1', port: 1 })).toBeUndefined();
  });
});

describe('media ports', () => {
  let d: Drive;
  beforeAll(async () => {
    d = await openDrive({ mediaPorts: { tcp: 0, udp: 0 } });
  });
  afterAll(() => d.mock.close());

  it.each(['127.0.0.1', '::1'])('opens the media ports on %s', async (host) => {
    expect(await findUnreachablePorts(host, d.mock.mediaPorts ?? { tcp: 0, udp: 0 })).toEqual([]);
  });

  it('opens no media ports by default', async () => {
    const other = await openDrive();
    expect(other.mock.mediaPorts).toBeUndefined();
    await other.mock.close();
  });

  it('keeps answering on the media ports after arbitrary packets', async () => {
    const { udp = 0 } = d.mock.mediaPorts ?? {};
    const socket = createSocket('udp4');
    for (let length = 0; length < 200; length += 1)
      await new Promise((resolve) => socket.send(Buffer.alloc(length, length), udp, '127.0.0.1', resolve));
    socket.close();
    expect(await findUnreachablePorts('127.0.0.1', d.mock.mediaPorts ?? { tcp: 0, udp: 0 })).toEqual([]);
  });

  it('frees the media ports when the simulator stops', async () => {
    const one = await openDrive({ mediaPorts: { tcp: 0, udp: 0 } });
    const ports = one.mock.mediaPorts ?? { tcp: 0, udp: 0 };
    await expect(openDrive({ mediaPorts: ports })).rejects.toThrow(
      /media port TCP\/\d+ cannot be used \(EADDRINUSE\)/,
    );
    await Promise.all([one.mock.close(), one.mock.close()]);
    await one.mock.close();
    const other = await openDrive({ mediaPorts: ports });
    await other.mock.close();
  });
});
