import { createHash, randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import path from 'node:path';
import type { Instant } from '../domain/time.ts';
import { createFolder } from '../system/create-folder.ts';
import { findUserFolder } from '../system/user-folder.ts';

/** What a server needs to speak TLS, as PEM. */
interface CertificateAndKey {
  readonly cert: string;
  readonly key: string;
}

/** The same for a certificate that was made here, with the authority to trust as PEM. */
export interface LocalCertificate extends CertificateAndKey {
  readonly ca: string;
  /** Where the authority is stored; undefined if it could not be. */
  readonly caFile?: string;
}

const DAY_MS = 86_400_000;
/** A certificate this close to its expiry is replaced. */
const MIN_REMAINING_DAYS = 30;

const FILES = { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' } as const;

/** Whether a certificate covers all of `names`, and does not expire soon. */
function covers(cert: string, names: readonly string[], now: Instant): boolean {
  const certificate = new X509Certificate(cert);
  const isNameCovered = (name: string) =>
    isIP(name) === 0
      ? certificate.subjectAltName?.split(', ').includes(`DNS:${name}`)
      : certificate.checkIP(name) !== undefined;
  return Date.parse(certificate.validTo) - now > MIN_REMAINING_DAYS * DAY_MS && names.every(isNameCovered);
}

/** The identity stored in `folder`, if it is complete and covers `names`. */
function readCertificate(
  folder: string,
  names: readonly string[],
  now: Instant,
): LocalCertificate | undefined {
  try {
    const read = (file: string) => readFileSync(path.join(folder, file), 'utf8');
    const [ca, cert, key] = [read(FILES.ca), read(FILES.cert), read(FILES.key)];
    return covers(cert, names, now) ? { ca, cert, key, caFile: path.join(folder, FILES.ca) } : undefined;
  } catch {
    return undefined;
  }
}

/** Names of this machine itself, and the service name that containers use. */
const LOCAL_NAMES = ['localhost', '*.localhost', 'videocall.localhost', 'videocall', '127.0.0.1', '::1'];

const HOW_TO_KEEP = 'to keep it, make that folder writable, or use --cert and --key';

/**
 * The simulator's certificate, stored in the user's folder. Where that cannot be written to, as on the read-only root of a
 * container, it is made for this process alone.
 *
 * @param moreNames names and addresses that clients use, in addition to those of this machine
 * @param onUnsaved gets the reason why the certificate is not stored
 */
export async function ensureUserCertificate(
  moreNames: readonly string[],
  now: Instant,
  onUnsaved: (message: string) => void,
): Promise<LocalCertificate> {
  const userFolder = findUserFolder();
  const names = [...new Set([...LOCAL_NAMES, ...moreNames])];
  const extraNames = names.slice(LOCAL_NAMES.length).sort();
  // One folder per set of names, so that simulators with other names keep their own authority.
  const folder =
    extraNames.length === 0
      ? 'localhost'
      : createHash('sha256').update(extraNames.join()).digest('hex').slice(0, 12);
  try {
    if (userFolder === undefined) throw new Error('there is no home folder; set HOME');
    return await ensureLocalCertificate(path.join(userFolder, folder), names, now);
  } catch (error) {
    const reason = (error as Error).message;
    onUnsaved(`the certificate cannot be stored, so it changes at every start: ${reason}; ${HOW_TO_KEEP}`);
    return issue(names, now);
  }
}

/** Loads the code for it, because most starts reuse an earlier certificate. */
const issue = async (names: readonly string[], now: Instant): Promise<LocalCertificate> =>
  (await import('./issue-certificate.ts')).issueCertificate(names, now);

/**
 * A certificate for `names`, signed by its own authority. Both are stored in `folder` and reused, so that the authority has
 * to be trusted only once.
 *
 * @param names host names and IP addresses
 * @throws the folder cannot be written to
 */
export async function ensureLocalCertificate(
  folder: string,
  names: readonly string[],
  now: Instant,
): Promise<LocalCertificate> {
  const existing = readCertificate(folder, names, now);
  if (existing !== undefined) return existing;
  const created = await issue(names, now);
  const draft = `${folder}.${randomUUID()}`;
  try {
    // Other users may read the authority, which clients have to trust, and not the key.
    createFolder(draft, 0o755);
    for (const [what, file] of Object.entries(FILES))
      writeFileSync(path.join(draft, file), created[what as keyof typeof FILES], {
        mode: what === 'key' ? 0o600 : 0o644,
      });
    // Another start may have stored its own meanwhile, and use it already.
    const concurrent = readCertificate(folder, names, now);
    if (concurrent !== undefined) return concurrent;
    rmSync(folder, { recursive: true, force: true });
    // Complete from the moment it is there. It fails when another start was faster since.
    renameSync(draft, folder);
  } catch (error) {
    const concurrent = readCertificate(folder, names, now);
    if (concurrent === undefined) throw error;
    return concurrent;
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return { ...created, caFile: path.join(folder, FILES.ca) };
}
