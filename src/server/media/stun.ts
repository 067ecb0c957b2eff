import { isIPv4 } from 'node:net';

/** The part of STUN that tells a client its public address. RFC 8489. */

const HEADER_BYTES = 20;
const MAGIC_COOKIE = 0x2112a442;
const BINDING_REQUEST = 0x0001;
const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const FAMILY = { IPv4: 1, IPv6: 2 } as const;

/** Where a packet came from. */
export interface Sender {
  readonly address: string;
  readonly port: number;
}

/** The bytes of an address. */
function toAddressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  // A zone id is meaningful only on the machine that wrote it.
  const [head = '', tail] = (address.split('%', 1)[0] ?? '').split('::');
  const groups = (text: string) => text.split(':').filter(Boolean);
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = tail === undefined ? [] : Array(8 - before.length - after.length).fill('0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

const isBindingRequest = (packet: Buffer): boolean =>
  packet.length >= HEADER_BYTES &&
  packet.readUInt16BE(0) === BINDING_REQUEST &&
  packet.readUInt16BE(2) === packet.length - HEADER_BYTES &&
  packet.readUInt32BE(4) === MAGIC_COOKIE;

/** The response to a packet; undefined when it is not a Binding request, which gets no response. RFC 8489, 6.3. */
export function createBindingAnswer(packet: Buffer, { address, port }: Sender): Buffer | undefined {
  if (!isBindingRequest(packet)) return undefined;
  const [mask, raw] = [packet.subarray(4, HEADER_BYTES), toAddressBytes(address)];
  const value = Buffer.alloc(4 + raw.length);
  value.writeUInt8(isIPv4(address) ? FAMILY.IPv4 : FAMILY.IPv6, 1);
  value.writeUInt16BE(port ^ (MAGIC_COOKIE >>> 16), 2);
  for (const [index, byte] of raw.entries()) value.writeUInt8(byte ^ (mask[index] ?? 0), 4 + index);
  const answer = Buffer.alloc(HEADER_BYTES + 4);
  answer.writeUInt16BE(BINDING_SUCCESS, 0);
  answer.writeUInt16BE(4 + value.length, 2);
  mask.copy(answer, 4);
  answer.writeUInt16BE(XOR_MAPPED_ADDRESS, HEADER_BYTES);
  answer.writeUInt16BE(value.length, HEADER_BYTES + 2);
  return Buffer.concat([answer, value]);
}

/** A Binding request. */
export function createBindingRequest(transactionId: Buffer): Buffer {
  const request = Buffer.alloc(HEADER_BYTES);
  request.writeUInt16BE(BINDING_REQUEST, 0);
  request.writeUInt32BE(MAGIC_COOKIE, 4);
  transactionId.copy(request, 8, 0, 12);
  return request;
}

/** Whether a packet is the response to `request`. */
export const isAnswerTo = (request: Buffer, packet: Buffer): boolean =>
  packet.length >= HEADER_BYTES &&
  packet.readUInt16BE(0) === BINDING_SUCCESS &&
  packet.subarray(4, HEADER_BYTES).equals(request.subarray(4, HEADER_BYTES));
