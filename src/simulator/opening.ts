import { type Call, type CallView, callAt, createCall } from '../domain/call.ts';
import { isOver } from '../domain/call-state.ts';
import { createDetector, type Detection } from '../domain/detection.ts';
import { type Explanation, isPlaceholder } from '../domain/explanation.ts';
import type { MisspeltScenario } from '../domain/misspelt-scenario.ts';
import { addPage, NO_PRESENCE, type ServedPage } from '../domain/presence.ts';
import { getImmediateError } from '../domain/scenario.ts';
import { earliest, type Instant } from '../domain/time.ts';
import { getExpiry, isFresh, type Token, type TokenState } from '../domain/token.ts';
import type { ErrorCode } from '../guide/events.ts';
import type { Change, Store, StoredRecord } from '../store/store.ts';
import { decide, putRecord, readTime, requireUnchanged } from './decide.ts';
import { ALL_CLIENTS, callRef, clientRef, presenceRef, toCallId, tokenRef, validationRef } from './refs.ts';
import type { Scenarios } from './scenarios.ts';
import { resolveTokenState } from './tokens.ts';

/**
 * The result of opening `/call`. `refused` says why the token opens no call; `error` is the event that the page posts, with
 * its `reason`.
 */
export type Opening =
  | {
      readonly refused: 'missing' | 'unknown' | 'shared' | Exclude<TokenState, 'active'>;
      /** The client has been issued another token since, which is still unused. */
      readonly isSuperseded?: true;
    }
  | (Explanation & {
      readonly error: ErrorCode;
      /** A scenario was chosen that fails at once. */
      readonly isScripted?: true;
    })
  | {
      readonly callId: string;
      /** It was opened for the first time. */
      readonly isNew: boolean;
      readonly clientId: string;
      readonly view: CallView;
      /** How the integration breaks the guide's rules by this. */
      readonly mistakes: readonly Detection[];
    };

/** Optional restrictions beyond the guide. */
export interface OpeningRules {
  /** A token is for one validation and one page at a time. */
  readonly strictTokens: boolean;
  /** A validation id that was not set up does not exist. */
  readonly knownValidationsOnly: boolean;
}

/** The call that a token may enter, with the records behind that decision. */
interface Admission {
  readonly token: StoredRecord<'token'>;
  /** The calls that the token has opened before. */
  readonly opened: readonly (StoredRecord<'call'> | undefined)[];
  readonly client: StoredRecord<'client'> | undefined;
  readonly validation: StoredRecord<'validation'> | undefined;
  /** The call that is running; undefined when `call` is new. */
  readonly running: StoredRecord<'call'> | undefined;
  readonly call: Call;
  /** The scenario that the id of a new call names with a mistake. */
  readonly misspelt?: MisspeltScenario | undefined;
  readonly now: Instant;
}

type OpeningRefusal = Exclude<Opening, { callId: string }>;

/** Why no call opens, with what changes by that. */
interface Rejection {
  readonly result: OpeningRefusal;
  readonly changes?: readonly Change[];
}

/** Forgets the scenario that a client has for its next call; requires at least that the client is unchanged. */
function dropNextScenario(clientId: string, client: StoredRecord<'client'> | undefined): Change {
  if (client?.value.nextScenario === undefined)
    return requireUnchanged(clientRef(clientId), client, clientId);
  const { nextScenario: _, ...rest } = client.value;
  return putRecord(clientRef(clientId), client, clientId, rest);
}

/** Mistakes that do not keep a token out. Guide 5.2 and 5.3. */
const detectInOpening = createDetector<'opening', Admission>({
  'token-shared': ({ opened, call }) =>
    opened.some((one) => one !== undefined && one.value.validationId !== call.validationId)
      ? 'a token opened calls for several validations'
      : undefined,
  'unconfirmed-validation': ({ call }) =>
    call.awaitsConfirmation === true && call.confirmedAt === undefined
      ? 'GET /call before the validation was confirmed'
      : undefined,
  'placeholder-validation-id': ({ call: { validationId } }) =>
    isPlaceholder(validationId) ? `GET /call with validation_id=${validationId}` : undefined,
  'misspelt-scenario': ({ call, misspelt }) =>
    misspelt !== undefined && misspelt.meant !== call.scenario.name
      ? `a validation_id that begins with "${misspelt.written}": did you mean ${misspelt.meant}?`
      : undefined,
});

/**
 * Opens calls, as a GET of `/call` does. Guide 5.3.
 *
 * @param onAdded called when a call may have been added
 */
export function createOpenings(
  store: Store,
  rules: OpeningRules,
  { chooseScenario, findMisspelt }: Pick<Scenarios, 'chooseScenario' | 'findMisspelt'>,
  onAdded: () => void,
) {
  /** The latest call of a validation, if it is still running at `now`. */
  async function findRunningCall(validation: StoredRecord<'validation'> | undefined, now: Instant) {
    if (validation === undefined) return undefined;
    const { clientId, validationId, calls: n } = validation.value;
    const [call] = (await store.read(callRef(toCallId({ clientId, validationId, n })))).found;
    return call === undefined || isOver(callAt(call.value, now).state) ? undefined : call;
  }

  /** Why a token cannot open any call, judged by the token alone. */
  function checkToken(
    token: Token,
    opened: readonly (StoredRecord<'call'> | undefined)[],
    validationId: string,
    now: Instant,
  ): OpeningRefusal | undefined {
    const state = resolveTokenState(token, opened, now);
    if (state !== 'active') return { refused: state };
    if (validationId === '') {
      return {
        error: 'VideocallNotFound',
        reason: 'the URL has no validation_id',
        fix: 'add the id of the validation to the URL of the frame',
      };
    }
    const isForAnother = opened.some(
      (call) => call !== undefined && call.value.validationId !== validationId,
    );
    return rules.strictTokens && isForAnother ? { refused: 'shared' } : undefined;
  }

  /** Whether the client of a completed token has been issued another one since, which is still unused. */
  async function isSuperseded(
    token: Token,
    opened: readonly (StoredRecord<'call'> | undefined)[],
    now: Instant,
  ): Promise<boolean> {
    const ends = opened.map((call) => call && callAt(call.value, now).endedAt);
    const usedUpAt = earliest(
      getExpiry(token),
      ...[token.revokedAt, ...ends].filter((at) => at !== undefined),
    );
    for await (const page of store.pages('token', token.clientId)) {
      if (page.some(({ value }) => isFresh(value, usedUpAt, now))) return true;
      // The newest come first.
      if (page.every(({ value }) => value.issuedAt < usedUpAt)) return false;
    }
    return false;
  }

  /** Lets a token into a call, or refuses it. Order of the checks: token, then validation, then server. */
  async function admit(
    token: StoredRecord<'token'> | undefined,
    validationId: string,
  ): Promise<Admission | Rejection> {
    if (token === undefined) return { result: { refused: 'unknown' } };
    const { clientId } = token.value;
    const now = await readTime(store, clientId);
    const { found: opened } = await store.read(...token.value.calls.map(callRef));
    const refused = checkToken(token.value, opened, validationId, now);
    if (refused !== undefined) {
      const isOld = 'refused' in refused && (await isSuperseded(token.value, opened, now));
      return { result: isOld ? { ...refused, isSuperseded: true } : refused };
    }

    const { found } = await store.read(
      clientRef(clientId),
      validationRef(clientId, validationId),
      validationRef(ALL_CLIENTS, validationId),
    );
    const [client, validation, everyones] = found;
    const exists = validation?.value.exists ?? everyones?.value.exists ?? !rules.knownValidationsOnly;
    if (!exists) {
      return {
        result: {
          error: 'VideocallNotFound',
          reason: 'there is no validation with this id',
          fix: 'create it first: PUT /__admin/validations/VALIDATION_ID',
        },
      };
    }

    const context = { token, opened, client, validation, now };
    const running = await findRunningCall(validation, now);
    if (running !== undefined) return { ...context, running, call: running.value };
    const wanted = validation?.value.scenario ?? everyones?.value.scenario;
    const scenario = await chooseScenario(clientId, {
      next: client?.value.nextScenario,
      validation: wanted,
      validationId,
      client: client?.value.scenario,
    });
    const error = getImmediateError(scenario);
    if (error !== undefined) {
      return {
        result: {
          error,
          reason: `the scenario "${scenario.name}" fails immediately`,
          fix: 'choose another scenario, if this is not what you test',
          isScripted: true,
        },
        changes: [dropNextScenario(clientId, client)],
      };
    }
    const n = (validation?.value.calls ?? 0) + 1;
    const confirmed = validation?.value.confirmed ?? everyones?.value.confirmed;
    const hidden = confirmed === false ? { awaitsConfirmation: true as const } : {};
    const misspelt = wanted === undefined ? await findMisspelt(validationId, clientId) : undefined;
    const call = createCall({ clientId, validationId, n, scenario, ...hidden }, now);
    return { ...context, running, call, misspelt };
  }

  /** Binds the token to its call, and records the page that is served. */
  async function bind(admission: Admission, page: ServedPage): Promise<Change[]> {
    const { token, opened, client, validation, running, call } = admission;
    const { accessToken, clientId, calls } = token.value;
    const { validationId, n } = call;
    const callId = toCallId(call);
    const isBound = calls.includes(callId);
    const { realTime, found } = await store.read(presenceRef(callId));
    const [presence] = found;
    const served = addPage(presence?.value ?? NO_PRESENCE, page, accessToken, realTime);
    return [
      putRecord(tokenRef(accessToken), token, clientId, {
        ...token.value,
        calls: isBound ? calls : [...calls, callId],
      }),
      putRecord(callRef(callId), running, clientId, {
        ...call,
        tokens: isBound ? call.tokens : [...call.tokens, accessToken],
      }),
      putRecord(presenceRef(callId), presence, clientId, served),
      putRecord(validationRef(clientId, validationId), validation, clientId, {
        ...validation?.value,
        clientId,
        validationId,
        calls: n,
      }),
      running === undefined
        ? dropNextScenario(clientId, client)
        : requireUnchanged(clientRef(clientId), client, clientId),
      // If one of these calls had ended meanwhile, the token would be completed.
      ...calls.flatMap((id, i) =>
        id === callId ? [] : [requireUnchanged(callRef(id), opened[i], clientId)],
      ),
    ];
  }

  return {
    /**
     * Opens the call of `validationId` with a token.
     *
     * @param page the page that is served; without it nothing is bound
     */
    async open(accessToken: string, validationId: string, page?: ServedPage): Promise<Opening> {
      if (accessToken === '') return { refused: 'missing' };
      const opening = await decide(store, [tokenRef(accessToken)], async ({ found: [token] }) => {
        const admission = await admit(token, validationId);
        if ('result' in admission) return page === undefined ? { result: admission.result } : admission;
        const { call, now } = admission;
        const result: Opening = {
          callId: toCallId(call),
          isNew: admission.running === undefined,
          clientId: call.clientId,
          view: callAt(call, now),
          mistakes: detectInOpening(admission),
        };
        return page === undefined ? { result } : { changes: await bind(admission, page), result };
      });
      if ('callId' in opening) onAdded();
      return opening;
    },
  };
}
