import { callAt } from '../domain/call.ts';
import { type Client, mayComeFrom } from '../domain/client.ts';
import {
  claimedClients,
  EVERY_SCOPE,
  grant,
  type OAuthRequest,
  type Refusal,
  revocation,
} from '../domain/oauth.ts';
import { earliest, type Instant, instant, type Ms } from '../domain/time.ts';
import { expiryOf, newToken, type Token, type TokenState, tokenState } from '../domain/token.ts';
import type { Found, Store } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import type { TokenFormat } from '../system/signing.ts';
import { change, decide, decideFor, put, timeFor, unchanged } from './decide.ts';
import type { NamedClients, Receive, Reception } from './received-request.ts';
import { callRef, clientRef, counterRef, tokenRef } from './refs.ts';

/** Length of an access token, as the service issues them. */
const TOKEN_LENGTH = 30;

/** A token as it is now. */
export interface TokenView {
  readonly token: Token;
  readonly state: TokenState;
  /** The validations whose calls it has opened. */
  readonly validationIds: readonly string[];
}

/** The state of a token whose calls were read along with it. */
export const stateWith = (
  token: Token,
  calls: readonly (Found<'call'> | undefined)[],
  now: Instant,
): TokenState =>
  tokenState(
    token,
    calls.some((call) => call !== undefined && callAt(call.value, now).endedAt !== undefined),
    now,
  );

/** Whether the sender's address is in one of these addresses and ranges. */
export type IsAmong = (ranges: readonly string[]) => boolean;

const finder = (clients: NamedClients) => (clientId: string) =>
  clients.find((client) => client?.value.clientId === clientId)?.value;

/** The client that is claimed is asked, before anything proves that it is the one. */
function blocked(clients: NamedClients, isAmong: IsAmong): Refusal | undefined {
  const claimed = clients.find((client) => client !== undefined)?.value;
  if (claimed === undefined || mayComeFrom(claimed, isAmong)) return undefined;
  return {
    blocked: true,
    reason: `the sender's address is not among the allowed_ips of "${claimed.clientId}"`,
  };
}

/**
 * @param receive says how a request stands now, when it has been overtaken
 * @param added called when there is one token more
 */
export function tokens(
  store: Store,
  random: Random,
  format: TokenFormat,
  receive: Receive,
  added: () => void,
) {
  async function view({ value: token }: Found<'token'>): Promise<TokenView> {
    const { found: calls } = await store.read(...token.calls.map(callRef));
    const validationIds = [...new Set(calls.flatMap((call) => call?.value.validationId ?? []))];
    return { token, state: stateWith(token, calls, await timeFor(store, token.clientId)), validationIds };
  }

  /** Changes a token by a rule that is told the virtual time; false when there is no such token. */
  const changeAt = async (
    accessToken: string,
    rule: (token: Token, now: Instant) => Token,
  ): Promise<boolean> => {
    const withTime = async (token: Token) => rule(token, await timeFor(store, token.clientId));
    return (await change(store, tokenRef(accessToken), withTime)) !== undefined;
  };

  /** The next number of a client's tokens, taken while the client is as it was; undefined when it is not. */
  const nextNumber = (clientId: string, client: Found<'client'> | undefined) =>
    decide(store, [counterRef(clientId), clientRef(clientId)], ({ found: [counter, now] }) => {
      if (now?.version !== client?.version) return { result: undefined };
      const issued = (counter?.value.issued ?? 0) + 1;
      return {
        changes: [
          put(counterRef(clientId), counter, clientId, { issued }),
          unchanged(clientRef(clientId), client, clientId),
        ],
        result: issued,
      };
    });

  /** What tells the next token of a client from all others; undefined when the client is no longer as it was. */
  async function nextId(clientId: string, client: Found<'client'> | undefined): Promise<string | undefined> {
    if (random.nth === undefined) return random.text(TOKEN_LENGTH);
    const number = await nextNumber(clientId, client);
    return number === undefined ? undefined : random.nth(clientId, number, TOKEN_LENGTH);
  }

  /** Issues a token to whom `request`, which was received so, authenticates. Guide 5.2. */
  async function issue(
    request: OAuthRequest,
    { clients, at }: Pick<Reception, 'clients' | 'at'>,
    isAmong: IsAmong,
  ): Promise<Token | Refusal> {
    const granted = blocked(clients, isAmong) ?? grant(request, finder(clients));
    if (!('client' in granted)) return granted;
    const { clientId } = granted.client;
    const client = clients.find((one) => one?.value === granted.client);
    const id = await nextId(clientId, client);
    if (id !== undefined) {
      const token = newToken(
        await format({ id, clientId, scope: granted.scope, now: at }),
        clientId,
        granted.scope,
        at,
      );
      const isIssued = await store.swap(
        put(tokenRef(token.accessToken), undefined, clientId, token),
        // A client that was emptied or removed meanwhile must not be left with a token.
        unchanged(clientRef(clientId), client, clientId),
      );
      if (isIssued) {
        added();
        return token;
      }
    }
    return issue(request, await receive({ claimed: claimedClients(request) }), isAmong);
  }

  return {
    issue,

    /** Revokes the token that `request` names, if there is one. Guide 5.2; RFC 7009, 2.2. */
    async revoke(
      request: OAuthRequest,
      { clients }: Pick<Reception, 'clients'>,
      isAmong: IsAmong,
    ): Promise<Refusal | undefined> {
      const revoked = blocked(clients, isAmong) ?? revocation(request, finder(clients));
      if (!('token' in revoked)) return revoked;
      await changeAt(revoked.token, (token, now) =>
        token.revokedAt === undefined ? { ...token, revokedAt: now } : token,
      );
      return undefined;
    },

    /**
     * Lets a token of a client be there as if it had been issued `age` ago; undefined without that client.
     *
     * @param accessToken what it looks like; left out, as any other
     */
    async put(
      clientId: string,
      accessToken: string | undefined,
      age: Ms,
    ): Promise<Token | 'taken' | undefined> {
      const issuedAt = instant((await timeFor(store, clientId)) - age);
      const made = { id: random.text(TOKEN_LENGTH), clientId, scope: EVERY_SCOPE, now: issuedAt };
      const token = newToken(accessToken ?? (await format(made)), clientId, EVERY_SCOPE, issuedAt);
      return decideFor(store, clientId, tokenRef(token.accessToken), (taken) =>
        taken === undefined ? { value: token, result: token } : { result: 'taken' },
      );
    },

    /** Ends a token's life now, as if its hour were over; false when there is no such token. */
    expire: (accessToken: string): Promise<boolean> =>
      changeAt(accessToken, (token, now) => ({
        ...token,
        expiredAt: earliest(now, expiryOf(token)),
      })),

    async get(accessToken: string): Promise<TokenView | undefined> {
      const [token] = (await store.read(tokenRef(accessToken))).found;
      return token && view(token);
    },

    /** Every token that was issued, oldest first; of one client, if named. */
    async list(clientId?: Client['clientId']): Promise<TokenView[]> {
      return Promise.all((await store.list('token', clientId)).map(view));
    },

    /** The last tokens that were issued, the newest first, and how many there are in all. */
    async newest(most: number, clientId?: string): Promise<{ items: TokenView[]; total: number }> {
      const all = await store.list('token', clientId);
      return { items: await Promise.all(all.slice(-most).reverse().map(view)), total: all.length };
    },
  };
}
