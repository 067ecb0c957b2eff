import {
  type Call,
  type CallView,
  callAt,
  type Impossible,
  intervened,
  isOver,
  newCall,
  signalled,
} from '../domain/call.ts';
import { NOBODY, openPages, type Presence, pageServed } from '../domain/presence.ts';
import { type Deed, failsAtOnce, type Scenario, type Wishes } from '../domain/scenario.ts';
import type { Instant } from '../domain/time.ts';
import type { TokenState } from '../domain/token.ts';
import type { ErrorCode } from '../guide/events.ts';
import type { Found, Ref, Store } from '../store/store.ts';
import { type Decision, decide, put, timeFor, unchanged } from './decide.ts';
import { callIdOf, callRef, clientRef, EVERYONE, presenceRef, tokenRef, validationRef } from './refs.ts';
import { stateWith } from './tokens.ts';
import type { Watch } from './watch.ts';

/** How `/call` answers. `refused` says why the token opens nothing; `error` is what the page will be told. */
export type Opening =
  | { readonly refused: 'missing' | 'unknown' | 'shared' | Exclude<TokenState, 'active'> }
  | { readonly error: ErrorCode }
  | { readonly callId: string; readonly clientId: string; readonly view: CallView };

/** A call as it stands, with who looks at it. */
export interface CallDetails {
  readonly call: Call;
  readonly view: CallView;
  readonly presence: Presence;
  /** The pages that are open. */
  readonly open: readonly string[];
}

/** What came of an intervention: the events it said, by id. */
export interface Done {
  readonly callId: string;
  readonly events: readonly number[];
  readonly at: Instant;
}

/** What is refused beyond the guide. */
export interface OpeningRules {
  /** A token is for one validation and one page at a time. */
  readonly strictTokens: boolean;
  /** A validation id that nobody has made known does not exist. */
  readonly knownValidationsOnly: boolean;
}

export function calls(
  store: Store,
  watch: Watch,
  rules: OpeningRules,
  scenarioFor: (wishes: Omit<Wishes, 'usual'>) => Scenario,
) {
  /** The latest call for a validation, if it still runs at `now`. */
  async function running(validation: Found<'validation'> | undefined, now: Instant) {
    if (validation === undefined) return undefined;
    const { clientId, validationId, calls: n } = validation.value;
    const [call] = (await store.read(callRef(callIdOf({ clientId, validationId, n })))).found;
    return call === undefined || isOver(callAt(call.value, now).state) ? undefined : call;
  }

  /**
   * The rule of opening. Checked in this order: token, validation, server; only what passes them all binds the
   * token to a call, the running one or the next.
   */
  async function opening(
    token: Found<'token'> | undefined,
    validationId: string,
    pageId: string | undefined,
  ): Promise<Decision<Opening>> {
    if (token === undefined) return { result: { refused: 'unknown' } };
    const { accessToken, clientId } = token.value;
    const now = await timeFor(store, clientId);
    const { found: opened } = await store.read(...token.value.calls.map(callRef));
    const state = stateWith(token.value, opened, now);
    if (state !== 'active') return { result: { refused: state } };
    if (validationId === '') return { result: { error: 'VideocallNotFound' } };
    if (rules.strictTokens && opened.some((call) => call && call.value.validationId !== validationId)) {
      return { result: { refused: 'shared' } };
    }
    const { found } = await store.read(
      clientRef(clientId),
      validationRef(clientId, validationId),
      validationRef(EVERYONE, validationId),
    );
    const [client, validation, everyones] = found;
    if (!(validation?.value.exists ?? everyones?.value.exists ?? !rules.knownValidationsOnly)) {
      return { result: { error: 'VideocallNotFound' } };
    }
    const joined = await running(validation, now);
    const scenario = scenarioFor({
      validation: validation?.value.scenario ?? everyones?.value.scenario,
      validationId,
      client: client?.value.scenario,
    });
    const error = joined === undefined ? failsAtOnce(scenario) : undefined;
    if (error !== undefined) return { result: { error } };

    const hidden = validation?.value.confirmed === false ? { awaitsConfirmation: true as const } : {};
    const n = joined?.value.n ?? (validation?.value.calls ?? 0) + 1;
    const call = joined?.value ?? newCall({ clientId, validationId, n, scenario, ...hidden }, now);
    const callId = callIdOf(call);
    const result = { callId, clientId, view: callAt(call, now) };
    if (pageId === undefined) return { result };
    const { realTime, found: present } = await store.read(presenceRef(callId));
    const isBound = token.value.calls.includes(callId);
    const presence = pageServed(present[0]?.value ?? NOBODY, pageId, accessToken, realTime);
    const bound = isBound ? call : { ...call, tokens: [...call.tokens, accessToken] };
    const boundCalls = isBound ? token.value.calls : [...token.value.calls, callId];
    const changes = [
      put(tokenRef(accessToken), token, clientId, { ...token.value, calls: boundCalls }),
      put(callRef(callId), joined, clientId, bound),
      put(presenceRef(callId), present[0], clientId, presence),
      put(validationRef(clientId, validationId), validation, clientId, {
        ...validation?.value,
        clientId,
        validationId,
        calls: n,
      }),
      unchanged(clientRef(clientId), client, clientId),
      // Had one of these ended meanwhile, the token would be used up.
      ...opened.flatMap((one, i) => {
        const id = token.value.calls[i];
        return id === undefined || id === callId ? [] : [unchanged(callRef(id), one, clientId)];
      }),
    ];
    return { changes, result };
  }

  const latestCall = async (
    clientId: string,
    validationId: string,
    n?: number,
  ): Promise<string | undefined> => {
    const [validation] = (await store.read(validationRef(clientId, validationId))).found;
    return validation && callIdOf({ clientId, validationId, n: n ?? validation.value.calls });
  };

  async function details(callId: string): Promise<CallDetails | undefined> {
    const { realTime, found } = await store.read(callRef(callId), presenceRef(callId));
    const [call] = found;
    if (call === undefined) return undefined;
    const presence = found[1]?.value ?? NOBODY;
    return {
      call: call.value,
      view: callAt(call.value, await timeFor(store, call.value.clientId)),
      presence,
      open: openPages(presence, realTime),
    };
  }

  return {
    /**
     * Opens the call of `validationId` with a token, as a GET of `/call` does. Guide 5.3.
     *
     * @param pageId the page that is served; without one this only looks, and binds nothing
     */
    open: (accessToken: string, validationId: string, pageId?: string): Promise<Opening> =>
      accessToken === ''
        ? Promise.resolve({ refused: 'missing' })
        : decide(store, [tokenRef(accessToken)], ({ found: [token] }) =>
            opening(token, validationId, pageId),
          ),

    /** Does something to a call by hand; answers when every page of this instance has been told. */
    async intervene(callId: string, deed: Deed): Promise<Done | Impossible | undefined> {
      const done = await decide<[Ref<'call'>], Done | Impossible | undefined>(
        store,
        [callRef(callId)],
        async ({ realTime, found: [call] }) => {
          if (call === undefined) return { result: undefined };
          const { clientId } = call.value;
          const now = await timeFor(store, clientId);
          const value = intervened(call.value, deed, now);
          if ('possible' in value) return { result: value };
          const before = callAt(call.value, now).events.length;
          const events = callAt(value, now)
            .events.map((_, id) => id)
            .slice(before);
          return {
            changes: [put(callRef(callId), call, clientId, value)],
            result: { callId, events, at: realTime },
          };
        },
      );
      if (done !== undefined && 'events' in done) await watch.told(callId);
      return done;
    },

    /** Gives a call the signal that its script waits for; otherwise what it waits for instead. */
    async signal(
      callId: string,
      name: string,
    ): Promise<'gone' | 'given' | { readonly waitsFor: string | undefined }> {
      const outcome = await decide<
        [Ref<'call'>],
        'gone' | 'given' | { readonly waitsFor: string | undefined }
      >(store, [callRef(callId)], async ({ found: [call] }) => {
        if (call === undefined) return { result: 'gone' };
        const { clientId } = call.value;
        const value = signalled(call.value, name, await timeFor(store, clientId));
        if (!('clientId' in value)) return { result: value };
        return { changes: [put(callRef(callId), call, clientId, value)], result: 'given' };
      });
      if (outcome === 'given') await watch.told(callId);
      return outcome;
    },

    latest: latestCall,

    /** The clients that have had a call for this validation. */
    clientsWith: async (validationId: string): Promise<string[]> =>
      (await store.list('validation'))
        .filter(({ value }) => value.validationId === validationId && value.calls > 0)
        .map(({ value }) => value.clientId),

    details,

    /** Every call, oldest first; of one client, if named. */
    async list(clientId?: string): Promise<CallDetails[]> {
      const found = await store.list('call', clientId);
      const all = await Promise.all(found.map(({ value }) => details(callIdOf(value))));
      return all.filter((one) => one !== undefined);
    },
  };
}
