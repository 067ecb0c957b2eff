import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Given } from './source.ts';

/** The user's own certificate and key, as PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

interface Named {
  readonly file: string | undefined;
  readonly given: Given | undefined;
}

/** The content of a file that `parse` accepts, or its problem. */
function read<T>(
  { file, given }: Named,
  what: string,
  parse: (pem: string) => T,
): readonly [string, T] | string {
  const blame = given?.blame ?? String;
  try {
    const pem = readFileSync(file ?? '', 'utf8');
    try {
      return [pem, parse(pem)];
    } catch {
      return blame(`${file} contains no ${what} in PEM format`);
    }
  } catch (error) {
    return blame(`${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
}

/** The certificate and key in the named files, or their problems; nothing when no file is named. */
export function readIdentity(cert: Named, key: Named): Identity | readonly string[] | undefined {
  const [missing, other] = cert.given === undefined ? ['--cert', key] : ['--key', cert];
  if (cert.given === undefined || key.given === undefined)
    return other.given && [other.given.blame(`${missing} is missing; --cert and --key go together`)];
  const certificate = read(cert, 'certificate', (pem) => new X509Certificate(pem));
  const secret = read(key, 'key without a passphrase', createPrivateKey);
  const problems = [certificate, secret].filter((one) => typeof one === 'string');
  if (typeof certificate === 'string' || typeof secret === 'string') return problems;
  if (!certificate[1].checkPrivateKey(secret[1]))
    return [key.given.blame(`${key.file} is not the key of the certificate in ${cert.file}`)];
  return { cert: certificate[0], key: secret[0] };
}
