import { isRefused, type JournalEntry } from '../domain/journal.ts';
import type { ConsoleParts, ConsoleQuery } from '../pages/console/messages.ts';
import type { CallDetails } from '../simulator/calls.ts';
import type { ClockView } from '../simulator/clocks.ts';
import type { Simulator } from '../simulator/simulator.ts';
import {
  callAnswer,
  clientAnswer,
  clockAnswer,
  findingAnswer,
  requestAnswer,
  tokenAnswer,
  validationAnswer,
} from './answers.ts';

/** What each part of the console is made of. */

type Changing = Parameters<Simulator['changes']>[0];

/** One part of the console: how it looks now, and what may change it beside time. */
export interface Part<T> {
  readonly changedBy: Changing;
  look(): Promise<T>;
}

export type Parts = { readonly [Name in keyof ConsoleParts]: Part<ConsoleParts[Name]> };

/** More of a list than this is not shown; the rest is counted. */
const MOST_SHOWN = 200;

/** Whether an entry of the journal is among what is looked for. */
function isMeant(entry: JournalEntry, { text = '', refused }: ConsoleQuery): boolean {
  if (refused === 'yes' && !isRefused(entry)) return false;
  const { method, path, status, cause, reason, validationId, clientId } = entry;
  const told = [method, path, status, cause, reason, validationId, clientId].join(' ').toLowerCase();
  return told.includes(text.toLowerCase());
}

function ownClock(clock: ClockView | undefined): ConsoleParts['clients'][number]['clock'] {
  if (clock === undefined) return null;
  const { now, frozen, offsetMs } = clock;
  return frozen ? { frozen_at: new Date(now).toISOString() } : { offset_ms: offsetMs };
}

/** Every part of what somebody looks at who asks for `query`. */
export function consoleParts(
  simulator: Simulator,
  server: Omit<ConsoleParts['server'], 'scenario'>,
  query: ConsoleQuery,
): Parts {
  const { calls, clients, clocks, findings, journal, overviews, scenarios, tokens } = simulator;
  const { client_id: clientId, call_client_id: callClientId, validation_id: validationId, n } = query;

  /** The call that is looked at closely. */
  async function callMeant(): Promise<CallDetails | undefined> {
    if (callClientId === undefined || validationId === undefined) return overviews.newest(clientId);
    const id = await calls.latest(callClientId, validationId, n === undefined ? undefined : Number(n));
    return id === undefined ? undefined : calls.details(id);
  }

  return {
    server: {
      changedBy: [],
      look: async () => ({ ...server, scenario: scenarios.usual }),
    },
    clients: {
      changedBy: ['client', 'clock'],
      async look() {
        const all = await clients.list();
        const own = await clocks.own(all.map((client) => client.clientId));
        return all.map((client) => {
          const { client_secret: _, ...open } = clientAnswer(client);
          return { ...open, clock: ownClock(own.get(client.clientId)) };
        });
      },
    },
    clock: { changedBy: ['clock'], look: async () => clockAnswer(await clocks.read(clientId)) },
    scenarios: {
      changedBy: ['scenario'],
      look: async () =>
        (await scenarios.list(clientId)).map(({ scenario: { name, description = null } }) => ({
          name,
          description,
        })),
    },
    calls: {
      changedBy: ['call', 'presence', 'validation', 'clock'],
      async look() {
        const { waiting, unopened, live, over, counts } = await overviews.read(clientId);
        return {
          waiting: waiting.map(callAnswer),
          unopened: unopened.map(validationAnswer),
          live: live.map(callAnswer),
          over: over.map(callAnswer),
          counts,
        };
      },
    },
    call: {
      changedBy: ['call', 'presence', 'token', 'clock', 'journal'],
      async look() {
        const details = await callMeant();
        if (details === undefined) return null;
        const { call } = details;
        const own = await Promise.all(call.tokens.map(tokens.get));
        const requests = await journal.list({}, call.clientId);
        return {
          call: callAnswer(details),
          tokens: own.filter((token) => token !== undefined).map(tokenAnswer),
          requests: requests
            .filter(
              ({ value: one }) => one.validationId === call.validationId || one.form?.token !== undefined,
            )
            .slice(-MOST_SHOWN)
            .map(requestAnswer),
        };
      },
    },
    tokens: {
      changedBy: ['token', 'call', 'clock'],
      async look() {
        const { items, total } = await tokens.newest(MOST_SHOWN, clientId);
        return { items: items.map(tokenAnswer), total };
      },
    },
    findings: {
      changedBy: ['finding', 'journal', 'call', 'presence', 'clock'],
      look: async () => (await findings.list(clientId)).map(findingAnswer),
    },
    journal: {
      changedBy: ['journal'],
      async look() {
        const all = (await journal.list({}, clientId)).filter(({ value }) => isMeant(value, query));
        return { items: all.slice(-MOST_SHOWN).reverse().map(requestAnswer), total: all.length };
      },
    },
  };
}
