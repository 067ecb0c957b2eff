import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { type Instant, seconds } from '../domain/time.ts';
import { TOKEN_LIFETIME_SECONDS } from '../guide/oauth.ts';
import type { Store } from '../store/store.ts';
import type { Random } from './random.ts';

// Loaded when first needed: a process that issues opaque tokens and shows no page never needs it.
const loadJose = () => import('jose');

const toSeconds = (at: Instant | number) => Math.floor(at / seconds(1));

/** The secret kept under `id`, made by `make` when there is none yet, and real time as it was read. */
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
    // Another instance may be faster: then its secret counts.
    const value = await make();
    if (await store.swap({ ref, version: 0, owner: '', value: { value } }))
      return { secret: value, realTime };
  }
}

// ---- page tickets ------------------------------------------------------------------------------------------

/** Real time: a ticket is about a browser's window, not about the play in it. */
const TICKET_LIFETIME_SECONDS = 24 * 3600;
const TICKET_ALGORITHM = 'HS256';
const TICKET_KEY_LENGTH = 64;

/** Signs what a page may ask for, so that its stream needs no access token and any instance accepts it. */
export interface Tickets<T extends JWTPayload> {
  sign(claims: T): Promise<string>;
  /** What was signed, or undefined when it is not ours or too old. */
  verify(ticket: string): Promise<T | undefined>;
}

/** Tickets whose key lies in the store. */
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

/** Writes an access token; `id` tells it from all others. */
export type TokenFormat = (token: {
  readonly id: string;
  readonly clientId: string;
  readonly scope: string;
  readonly now: Instant;
}) => Promise<string> | string;

/** Tokens that say nothing, as the service issues them. */
export const opaqueTokenFormat: TokenFormat = ({ id }) => id;

const TOKEN_ALGORITHM = 'ES256';

/** Tokens that are JWTs (RFC 9068), to prove that an integration takes every token as opaque. */
export interface JwtTokens {
  readonly format: TokenFormat;
  /** The public keys as a JWK set (RFC 7517, 5). */
  keys(): Promise<{ keys: JWK[] }>;
}

/** JWTs whose key lies in the store. */
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
  // Once made a key never changes, and to import it costs more than to sign.
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
    async format({ id, clientId, scope, now }) {
      const { SignJWT } = await loadJose();
      const { jwk, signing } = await loadSigningKey();
      return new SignJWT({ client_id: clientId, scope, jti: id })
        .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid: jwk.kid ?? '', typ: 'at+jwt' })
        .setSubject(clientId)
        .setIssuedAt(toSeconds(now))
        .setExpirationTime(toSeconds(now) + TOKEN_LIFETIME_SECONDS)
        .sign(signing);
    },
    async keys() {
      const { d: _, ...publicJwk } = (await loadSigningKey()).jwk;
      return { keys: [{ ...publicJwk, use: 'sig' }] };
    },
  };
}
