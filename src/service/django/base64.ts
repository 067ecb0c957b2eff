const VALUES = new Map(
  [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].map((char, value) => [
    char.charCodeAt(0),
    value,
  ]),
);
const PAD = '='.charCodeAt(0);

/** Whether a text is padded base64 without other characters, which all decoders read alike. */
export const isRegularBase64 = (text: string): boolean =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);

/**
 * Decodes base64 as the imitated service's language does (Python's `base64.b64decode`): bytes outside the
 * alphabet are skipped, complete padding ends the text, and a wrong length is an error.
 *
 * @returns the bytes, or undefined when the length is wrong
 */
export function decodeBase64(text: string): Buffer | undefined {
  // Several times as fast.
  if (isRegularBase64(text)) return Buffer.from(text, 'base64');
  const bytes: number[] = [];
  let bits = 0;
  let quadLength = 0;
  let padCount = 0;
  for (const char of Buffer.from(text, 'latin1')) {
    if (char === PAD) {
      if (quadLength >= 2 && quadLength + ++padCount >= 4) return Buffer.from(bytes);
      continue;
    }
    const value = VALUES.get(char);
    if (value === undefined) continue;
    padCount = 0;
    bits = ((bits << 6) | value) & 0xffff;
    quadLength = (quadLength + 1) % 4;
    if (quadLength === 2) bytes.push((bits >> 4) & 0xff);
    if (quadLength === 3) bytes.push((bits >> 2) & 0xff);
    if (quadLength === 0) bytes.push(bits & 0xff);
  }
  return quadLength === 0 ? Buffer.from(bytes) : undefined;
}
