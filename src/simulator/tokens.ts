import { type AnswerProfile, isGranted, type RowName } from '../domain/answer-profile.ts';
import { callAt } from '../domain/call.ts';
import { canConnectFrom, getTokenLifetime } from '../domain/client.ts';
import { andThen, type Eventual } from '../domain/eventual.ts';
import { evaluateGrant, evaluateRevocation, findRevocationRow } from '../domain/grant.ts';
import type { JournalEntry } from '../domain/journal.ts';
import { getClaimedClients, type OAuthRequest, type Refusal } from '../domain/oauth.ts';
import { earliest, type Instant, instant, type Ms } from '../domain/time.ts';
import {
  createToken,
  getExpiry,
  getTokenState,
  getTokenTag,
  TOKEN_LENGTH,
  type Token,
  type TokenState,
} from '../domain/token.ts';
import type { Addition, Store, StoredRecord } from '../store/store.ts';
import type { Random } from '../system/random.ts';
import type { TokenFormat } from '../system/signing.ts';
import {
  decide,
  decideFor,
  putRecord,
  readTime,
  readTimes,
  requireUnchanged,
  updateRecord,
} from './decide.ts';
import { createPage, type Page, type PageRequest } from './page.ts';
import type { NamedClients, ReceivedRequest, ReceiveRequest } from './received-request.ts';
import { callRef, clientRef, counterRef, tokenRef } from './refs.ts';

/** The outcome of a revocation that is not refused. */
export interface Revocation {
  readonly row: RowName;
  /** It has revoked a token of the client that asked for it. */
  readonly hasRevoked: boolean;
}

/** A token with its present state. */
export interface TokenView {
  readonly token: Token;
  readonly state: TokenState;
  /** The validations whose calls it has opened. */
  readonly validationIds: readonly string[];
}

/** The state of a token, from the records of its calls. */
export const resolveTokenState = (
  token: Token,
  calls: readonly (StoredRecord<'call'> | undefined)[],
  now: Instant,
): TokenState =>
  getTokenState(
    token,
    calls.some((call) => call !== undefined && callAt(call.value, now).endedAt !== undefined),
    now,
  );

/** The journal entry of a request that is granted with an answer. */
export type ToEntry = (received: ReceivedRequest, row: RowName) => JournalEntry;

/** Whether the sender's address is in one of these addresses and ranges. */
export type IsAmong = (ranges: readonly string[]) => boolean;

const createClientFinder = (clients: NamedClients) => (clientId: string) =>
  clients.find((client) => client?.value.clientId === clientId)?.value;

/** The address is checked for the claimed client, before anything proves the claim. */
function checkBlocked(clients: NamedClients, isAmong: IsAmong): Refusal | undefined {
  const claimed = clients.find((client) => client !== undefined)?.value;
  if (claimed === undefined || canConnectFrom(claimed, isAmong)) return undefined;
  return {
    blocked: true,
    reason: `the address of the sender is not in the allowed_ips of "${claimed.clientId}"`,
    fix: 'add it to allowed_ips, or name the proxy before it with --trust-proxy',
  };
}

/**
 * @param toAddition makes a journal entry a part of a swap
 * @param receive reads the request's context again after a conflict
 * @param onAdded called when a token was added
 */
export function createTokens(
  store: Store,
  random: Random,
  format: TokenFormat,
  profile: AnswerProfile,
  toAddition: (entry: JournalEntry) => Addition,
  receive: ReceiveRequest,
  onAdded: () => void,
) {
  async function toTokenViews(records: readonly StoredRecord<'token'>[]): Promise<TokenView[]> {
    const callIds = records.flatMap(({ value }) => value.calls);
    const times = await readTimes(
      store,
      records.map(({ value }) => value.clientId),
    );
    const { found } = callIds.length === 0 ? { found: [] } : await store.read(...callIds.map(callRef));
    const known = new Map(callIds.map((id, index) => [id, found[index]]));
    return records.map(({ value: token }) => {
      const calls = token.calls.map((id) => known.get(id));
      return {
        token,
        state: resolveTokenState(token, calls, times.get(token.clientId) as Instant),
        validationIds: [...new Set(calls.flatMap((call) => call?.value.validationId ?? []))],
      };
    });
  }

  /** Changes a token by a rule that gets the virtual time; false when there is no such token. */
  const updateToken = async (
    accessToken: string,
    rule: (token: Token, now: Instant) => Token,
  ): Promise<boolean> => {
    const withTime = async (token: Token) => rule(token, await readTime(store, token.clientId));
    return (await updateRecord(store, tokenRef(accessToken), withTime)) !== undefined;
  };

  const markRevoked = (accessToken: string): Promise<boolean> =>
    updateToken(accessToken, (token, now) =>
      token.revokedAt === undefined ? { ...token, revokedAt: now } : token,
    );

  /** The next token number of a client, if the client is unchanged; undefined otherwise. */
  const takeTokenNumber = (clientId: string, client: StoredRecord<'client'> | undefined) =>
    decide(store, [counterRef(clientId), clientRef(clientId)], ({ found: [counter, now] }) => {
      if (now?.version !== client?.version) return { result: undefined };
      const issued = (counter?.value.issued ?? 0) + 1;
      return {
        changes: [
          putRecord(counterRef(clientId), counter, clientId, { issued }),
          requireUnchanged(clientRef(clientId), client, clientId),
        ],
        result: issued,
      };
    });

  const createRandomId = (clientId: string): string => random.text(TOKEN_LENGTH, getTokenTag(clientId));

  /** What makes the next token of a client unique; undefined when the client has changed. */
  function createTokenId(
    clientId: string,
    client: StoredRecord<'client'> | undefined,
  ): Eventual<string | undefined> {
    const { nth } = random;
    if (nth === undefined) return createRandomId(clientId);
    return takeTokenNumber(clientId, client).then((number) =>
      number === undefined ? undefined : nth(clientId, number, TOKEN_LENGTH, getTokenTag(clientId)),
    );
  }

  /**
   * Issues a token to the client that `request` authenticates. Guide 5.2.
   *
   * @param toEntry returns the journal entry to append with the token
   */
  function issue(
    request: OAuthRequest,
    received: ReceivedRequest,
    isAmong: IsAmong,
    toEntry: ToEntry,
  ): Eventual<{ readonly row: RowName; readonly token: Token } | Refusal> {
    const { clients, at } = received;
    const granted =
      checkBlocked(clients, isAmong) ?? evaluateGrant(request, createClientFinder(clients), profile);
    if (!('client' in granted)) return granted;
    const { clientId } = granted.client;
    const client = clients.find((one) => one?.value === granted.client);
    const { scope } = granted;
    const expiresIn = getTokenLifetime(granted.client);
    const add = (id: string): Eventual<Token | undefined> =>
      andThen(format({ id, clientId, scope, now: at, expiresIn }), (accessToken) => {
        const token = createToken(accessToken, granted.client, scope, at);
        const isAdded = store.swap(
          putRecord(tokenRef(accessToken), undefined, clientId, token),
          // A client that was reset or removed meanwhile must not be left with a token.
          requireUnchanged(clientRef(clientId), client, clientId),
          toAddition(toEntry(received, granted.grantedRow)),
        );
        return andThen(isAdded, (is) => (is ? token : undefined));
      });
    const added = andThen(createTokenId(clientId, client), (id) => (id === undefined ? undefined : add(id)));
    return andThen(added, (token) => {
      if (token === undefined) {
        const again = receive({ claimed: getClaimedClients(request) });
        const { fault } = received;
        return andThen(again, (now) => issue(request, { ...now, fault }, isAmong, toEntry));
      }
      onAdded();
      return { row: granted.grantedRow, token };
    });
  }

  return {
    issue,

    /** Revokes the token that `request` names, if there is one. Guide 5.2; RFC 7009, 2.2. */
    async revoke(
      request: OAuthRequest,
      { clients }: Pick<ReceivedRequest, 'clients'>,
      isAmong: IsAmong,
    ): Promise<Revocation | Refusal> {
      const asked =
        checkBlocked(clients, isAmong) ?? evaluateRevocation(request, createClientFinder(clients), profile);
      if ('reason' in asked) return asked;
      const [record] = (await store.read(tokenRef(asked.token))).found;
      const row = findRevocationRow(request, asked, record?.value);
      const isAllowed = isGranted(profile, row);
      if (isAllowed) await markRevoked(asked.token);
      const { clientId, revokedAt } = record?.value ?? {};
      const isOwn = clientId !== undefined && clientId === asked.by?.clientId;
      return { row, hasRevoked: isAllowed && isOwn && revokedAt === undefined };
    },

    /** Revokes a token, whatever the answer profile grants; false when there is no such token. */
    markRevoked,

    /**
     * Creates a token as if it had been issued `age` ago; undefined when there is no such client.
     *
     * @param accessToken its text; by default generated
     */
    async put(
      clientId: string,
      accessToken: string | undefined,
      age: Ms,
    ): Promise<Token | 'taken' | undefined> {
      const [client] = (await store.read(clientRef(clientId))).found;
      if (client === undefined) return undefined;
      const issuedAt = instant((await readTime(store, clientId)) - age);
      const made = {
        id: createRandomId(clientId),
        clientId,
        scope: profile.scope,
        now: issuedAt,
        expiresIn: getTokenLifetime(client.value),
      };
      const token = createToken(accessToken ?? (await format(made)), client.value, profile.scope, issuedAt);
      return decideFor(store, clientId, tokenRef(token.accessToken), (taken) =>
        taken === undefined ? { value: token, result: token } : { result: 'taken' },
      );
    },

    /** Expires a token now; false when there is no such token. */
    expire: (accessToken: string): Promise<boolean> =>
      updateToken(accessToken, (token, now) => ({
        ...token,
        expiredAt: earliest(now, getExpiry(token)),
      })),

    async get(accessToken: string): Promise<TokenView | undefined> {
      const [token] = (await store.read(tokenRef(accessToken))).found;
      return token && (await toTokenViews([token]))[0];
    },

    /** Issued tokens, oldest first. */
    async list({ limit, after, clientId }: PageRequest): Promise<Page<TokenView>> {
      const range = { owner: clientId, after: after === undefined ? undefined : Number(after) };
      const found = await store.page('token', limit + 1, range);
      const { items, next } = createPage(found, limit, ({ born }) => `${born}`);
      return { items: await toTokenViews(items), total: await store.count('token', clientId), next };
    },

    /** The latest tokens, newest first, and how many there are in all. */
    async listNewest(limit: number, clientId?: string): Promise<{ items: TokenView[]; total: number }> {
      const newest = await store.page('token', limit, { owner: clientId, newestFirst: true });
      return { items: await toTokenViews(newest), total: await store.count('token', clientId) };
    },
  };
}
