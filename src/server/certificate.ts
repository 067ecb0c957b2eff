import { createHash, randomUUID, webcrypto, X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import type { Instant } from '../domain/time.ts';
import { ownFolder } from '../system/user-folder.ts';

/** What a server needs to speak TLS, as PEM. */
interface Certified {
  readonly cert: string;
  readonly key: string;
}

/** The same where it was made here, with the file of the authority that is to be trusted. */
export interface LocallyCertified extends Certified {
  readonly ca: string;
}

const DAY_MS = 86_400_000;
/** Apple's systems trust no certificate for longer, whoever has signed it. */
const LIFE_DAYS = 820;
/** What is so near its end is made anew. */
const SHORTEST_REST_DAYS = 30;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const FILES = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;

const nameOf = (name: string) => ({
  type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const),
  value: name,
});

/** Makes an authority that signs one certificate, for these names, and whose key is then forgotten: it can sign no other. */
async function make(names: readonly string[], now: Instant): Promise<Record<keyof typeof FILES, string>> {
  // @peculiar/x509 asks for it and does not bring it.
  await import('reflect-metadata');
  const {
    AuthorityKeyIdentifierExtension,
    BasicConstraintsExtension,
    ExtendedKeyUsageExtension,
    KeyUsageFlags,
    KeyUsagesExtension,
    PemConverter,
    SubjectAlternativeNameExtension,
    SubjectKeyIdentifierExtension,
    X509CertificateGenerator,
  } = await import('@peculiar/x509');
  const generated = () => webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const life = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + LIFE_DAYS * DAY_MS) };
  const [authority, own] = [await generated(), await generated()];
  const ca = await X509CertificateGenerator.createSelfSigned({
    name: `CN=mock-veridas local authority ${randomUUID().slice(0, 8)}`,
    keys: authority,
    signingAlgorithm: KEY,
    ...life,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const cert = await X509CertificateGenerator.create({
    subject: 'CN=mock-veridas',
    issuer: ca.subject,
    publicKey: own.publicKey,
    signingKey: authority.privateKey,
    signingAlgorithm: KEY,
    ...life,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
      new SubjectAlternativeNameExtension(names.map(nameOf)),
      await SubjectKeyIdentifierExtension.create(own.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY');
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n`, key: `${key}\n` };
}

/** Whether a certificate is good for all of `names`, and for some time. */
function covers(cert: string, names: readonly string[], now: Instant): boolean {
  const certificate = new X509Certificate(cert);
  const holds = (name: string) =>
    isIP(name) === 0
      ? certificate.subjectAltName?.split(', ').includes(`DNS:${name}`)
      : certificate.checkIP(name) !== undefined;
  return Date.parse(certificate.validTo) - now > SHORTEST_REST_DAYS * DAY_MS && names.every(holds);
}

/** What is kept in `folder`, if it is complete and covers `names`. */
function kept(folder: string, names: readonly string[], now: Instant): LocallyCertified | undefined {
  try {
    const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
    const [cert, key] = [read(FILES.cert), read(FILES.key)];
    return covers(cert, names, now) ? { cert, key, ca: path.join(folder, FILES.ca) } : undefined;
  } catch {
    return undefined;
  }
}

/** Under these every machine reaches itself, and containers the service that is called so. */
const LOCAL_NAMES = ['localhost', '*.localhost', 'videocall.localhost', 'videocall', '127.0.0.1', '::1'];

/**
 * The certificate of a simulator, which is kept in the folder of whoever runs it.
 *
 * @param more names and addresses under which it is reached, beside those of this machine
 * @throws there is no home, or it cannot be written to
 */
export function ownCertificate(more: readonly string[], now: Instant): Promise<LocallyCertified> {
  const own = ownFolder();
  if (own === undefined) {
    throw new Error(
      'a certificate is kept in the home of its user, and there is none: set HOME, or give one of your own',
    );
  }
  const names = [...new Set([...LOCAL_NAMES, ...more])];
  const strange = names.slice(LOCAL_NAMES.length).sort();
  // Simulators with other names do not take each other's authority away.
  const folder =
    strange.length === 0
      ? 'localhost'
      : createHash('sha256').update(strange.join()).digest('hex').slice(0, 12);
  return localCertificate(path.join(own, folder), names, now);
}

/**
 * A certificate for `names`, signed by an authority of its own. Both are kept in `folder` and used again, so that
 * whoever trusts the authority needs to do so once.
 *
 * @param names host names and IP addresses
 * @throws the folder cannot be written to
 */
export async function localCertificate(
  folder: string,
  names: readonly string[],
  now: Instant,
): Promise<LocallyCertified> {
  const before = kept(folder, names, now);
  if (before !== undefined) return before;
  const made = await make(names, now);
  const draft = `${folder}.${randomUUID()}`;
  mkdirSync(draft, { recursive: true, mode: 0o700 });
  for (const [what, file] of Object.entries(FILES))
    writeFileSync(path.join(draft, file), made[what as keyof typeof FILES], { mode: 0o600 });
  rmSync(folder, { recursive: true, force: true });
  try {
    // Complete from the moment it is there.
    renameSync(draft, folder);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    const others = kept(folder, names, now);
    if (others === undefined) throw error;
    return others;
  }
  return { cert: made.cert, key: made.key, ca: path.join(folder, FILES.ca) };
}
