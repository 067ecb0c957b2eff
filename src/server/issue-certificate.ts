import { randomUUID, webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
// @peculiar/x509 requires it, but does not import it.
import 'reflect-metadata';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Instant } from '../domain/time.ts';

const DAY_MS = 86_400_000;
/** Apple's systems reject certificates that are valid for longer. */
const LIFETIME_DAYS = 820;
const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const toName = (name: string) => ({
  type: isIP(name) === 0 ? ('dns' as const) : ('ip' as const),
  value: name,
});

/** An issued certificate with its key and authority, as PEM. */
export interface Issued {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

/** Creates an authority that signs one certificate for these names. Its key is dropped: it can sign no other. */
export async function issueCertificate(names: readonly string[], now: Instant): Promise<Issued> {
  const generateKey = () => webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);
  const life = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + LIFETIME_DAYS * DAY_MS) };
  const [authority, own] = [await generateKey(), await generateKey()];
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
      new SubjectAlternativeNameExtension(names.map(toName)),
      await SubjectKeyIdentifierExtension.create(own.publicKey),
      await AuthorityKeyIdentifierExtension.create(authority.publicKey),
    ],
  });
  const key = PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', own.privateKey), 'PRIVATE KEY');
  return { ca: `${ca.toString('pem')}\n`, cert: `${cert.toString('pem')}\n`, key: `${key}\n` };
}
