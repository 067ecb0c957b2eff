import type { CryptoKey, JWK, JWTPayload } from 'jose';
import type { Eventual } from '../domain/eventual.ts';
import { type Instant, seconds } from '../domain/time.ts';
import type { Store } from '../store/store.ts';
import type { Random } from './random.ts';

// Loaded on first use: a process with opaque tokens and without pages never needs it.
const loadJose = () => import('jose');

const toSeconds = (at: Instant | number) => Math.floor(at / seconds(1));

/** The secret stored under `id`, created by `make` when there is none, and the real time of the read. */
async function getOrCreateSecret(
  store: Store,
  id: string,
  make: () => Promise<string> | string,
): Promise<{ readonly secret: string; readonly realTime: Instant }> {
  const ref = { kind: 'secret', id } as const;
  for (;;) {
    const {
      realTime,
      found: [secret],
    } = await store.read(ref);
    if (secret !== undefined) return { secret: secret.value.value, realTime };
    // Another instance may have been faster: then its secret is used.
    const value = await make();
    if (await store.swap({ ref, version: 0, owner: '', value: { value } }))
      return { secret: value, realTime };
  }
}

// ---- page tickets ------------------------------------------------------------------------------------------

/** Real time: a ticket belongs to a browser page, not to virtual time. */
const TICKET_LIFETIME_SECONDS = 24 * 3600;
const TICKET_ALGORITHM = 'HS256';
const TICKET_KEY_LENGTH = 64;

/** Signs a page's permissions, so that its stream needs no access token and any instance accepts it. */
export interface Tickets<T extends JWTPayload> {
  sign(claims: T): Promise<string>;
  /** The signed content, or undefined when it is not ours or too old. */
  verify(ticket: string): Promise<T | undefined>;
}

/** Tickets, with their key in the store. */
export function createTickets<T extends JWTPayload>(store: Store, random: Random): Tickets<T> {
  async function loadKey() {
    const { secret, realTime } = await getOrCreateSecret(store, 'page-tickets', () =>
      random.text(TICKET_KEY_LENGTH),
    );
    return { secret: new TextEncoder().encode(secret), realTime };
  }
  return {
    async sign(claims) {
      const { SignJWT } = await loadJose();
      const { secret, realTime } = await loadKey();
      return new SignJWT(claims)
        .setProtectedHeader({ alg: TICKET_ALGORITHM })
        .setExpirationTime(toSeconds(realTime) + TICKET_LIFETIME_SECONDS)
        .sign(secret);
    },
    async verify(ticket) {
      const { jwtVerify } = await loadJose();
      const { secret, realTime } = await loadKey();
      try {
        const { payload } = await jwtVerify<T>(ticket, secret, {
          algorithms: [TICKET_ALGORITHM],
          currentDate: new Date(realTime),
        });
        return payload;
      } catch {
        return undefined;
      }
    },
  };
}

// ---- access tokens -----------------------------------------------------------------------------------------

/** Formats an access token; `id` makes it unique. */
export type TokenFormat = (token: {
  readonly id: string;
  readonly clientId: string;
  readonly scope: string;
  readonly now: Instant;
  /** In seconds. */
  readonly expiresIn: number;
}) => Eventual<string>;

/** Opaque tokens, as the service issues them. */
export const opaqueTokenFormat: TokenFormat = ({ id }) => id;

const TOKEN_ALGORITHM = 'ES256';

/** Tokens as JWTs (RFC 9068), to prove that an integration treats every token as opaque. */
export interface JwtTokens {
  readonly format: TokenFormat;
  /** The public keys as a JWK set (RFC 7517, 5). */
  keys(): Promise<{ keys: JWK[] }>;
}

/** JWTs, with their key in the store. */
export function createJwtTokens(store: Store): JwtTokens {
  let key: Promise<{ jwk: JWK; signing: CryptoKey | Uint8Array }> | undefined;
  async function loadPrivateJwk(): Promise<JWK> {
    const { secret: jwk } = await getOrCreateSecret(store, 'access-tokens', async () => {
      const { calculateJwkThumbprint, exportJWK, generateKeyPair } = await loadJose();
      const { privateKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
      const exported = await exportJWK(privateKey);
      return JSON.stringify({
        ...exported,
        alg: TOKEN_ALGORITHM,
        kid: await calculateJwkThumbprint(exported),
      });
    });
    return JSON.parse(jwk) as JWK;
  }
  // The key never changes, and importing it costs more than signing.
  const loadSigningKey = () => {
    key ??= loadPrivateJwk()
      .then(async (jwk) => ({
        jwk,
        signing: await (await loadJose()).importJWK(jwk, TOKEN_ALGORITHM),
      }))
      .catch((error) => {
        key = undefined;
        throw error;
      });
    return key;
  };
  return {
    async format({ id, clientId, scope, now, expiresIn }) {
      const { SignJWT } = await loadJose();
      const { jwk, signing } = await loadSigningKey();
      return new SignJWT({ client_id: clientId, scope, jti: id })
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid: jwk.kid ?? '', typ: 'at+jwt' })
        .setSubject(clientId)
        .setIssuedAt(toSeconds(now))
        .setExpirationTime(toSeconds(now) + expiresIn)
        .sign(signing);
    },
    async keys() {
      const { d: _, ...publicJwk } = (await loadSigningKey()).jwk;
      return { keys: [{ ...publicJwk, use: 'sig' }] };
    },
  };
}
