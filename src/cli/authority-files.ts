import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Variables that name a file of authorities, and what becomes of the command when that file cannot be used. */
const OUTCOMES = {
  NODE_EXTRA_CA_CERTS: 'the command trusts the authority of the simulator without it',
  SSL_CERT_FILE: 'it does not get the authority of the simulator',
  REQUESTS_CA_BUNDLE: 'it does not get the authority of the simulator',
  CURL_CA_BUNDLE: 'it does not get the authority of the simulator',
} as const;

const VARIABLES = Object.keys(OUTCOMES) as (keyof typeof OUTCOMES)[];

const PEM = /-----BEGIN ((?:X509 |TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----/g;

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined;
  } catch {
    return false;
  }
}

/**
 * The certificates in a file. All must be valid: Node would ignore the whole file for a damaged one.
 *
 * @throws {Error} there are none; the message says why
 */
function readCertificates(file: string): readonly string[] {
  let text: string;
  try {
    text = readFileSync(file, 'latin1');
  } catch (error) {
    throw new Error(`cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  const certificates: readonly string[] = text.match(PEM) ?? [];
  if (certificates.length === 0) throw new Error('holds no certificate as PEM');
  if (!certificates.every(isCertificate)) throw new Error('holds a damaged certificate');
  return certificates;
}

/** Variables for a command that has to trust the simulator, and the files that they name. */
export interface AuthorityFiles {
  readonly env: Readonly<Record<string, string>>;
  /** The problems of the files that `env` named before. */
  readonly warnings: readonly string[];
  remove(): void;
}

/**
 * Adds the authority of the simulator to the files of authorities that `env` names, each in a copy. It comes first, because some
 * programs read only the first certificate of a file.
 *
 * @param ca file of that authority
 * @param cwd folder of relative paths
 */
export function addAuthority(
  ca: string,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): AuthorityFiles {
  let folder: string | undefined;
  const own = readFileSync(ca, 'latin1').trim();
  const copies: Record<string, string> = { NODE_EXTRA_CA_CERTS: ca };
  const warnings: string[] = [];
  for (const variable of VARIABLES.filter((name) => env[name])) {
    const file = path.resolve(cwd, env[variable] ?? '');
    try {
      const certificates = readCertificates(file);
      folder ??= mkdtempSync(path.join(tmpdir(), 'mock-veridas-ca-'));
      const copy = path.join(folder, `${variable}.pem`);
      writeFileSync(copy, [own, ...certificates, ''].join('\n'), 'latin1');
      copies[variable] = copy;
    } catch (error) {
      warnings.push(`${variable}: ${file} ${(error as Error).message}; ${OUTCOMES[variable]}`);
    }
  }
  return {
    env: { ...copies, VIDEOCALL_CA_FILE: copies.NODE_EXTRA_CA_CERTS ?? ca },
    warnings,
    remove() {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
    },
  };
}
