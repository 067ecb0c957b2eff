import { isRefused, type JournalEntry } from '../domain/journal.ts';
import type { ConsoleParts, ConsoleQuery } from '../pages/console/messages.ts';
import type { CallDetails } from '../simulator/calls.ts';
import type { ClockView } from '../simulator/clocks.ts';
import type { Simulator } from '../simulator/simulator.ts';
import {
  toCallAnswer,
  toClientAnswer,
  toClockAnswer,
  toCoverageAnswer,
  toFaultAnswer,
  toFindingAnswer,
  toRequestAnswer,
  toTokenAnswer,
  toValidationAnswer,
} from './answers.ts';

/** What the parts of the console read from. */

type ChangeKinds = Parameters<Simulator['changes']>[0];

/** One part of the console: its present content, and which changes affect it besides time. */
export interface ConsolePart<T> {
  readonly changedBy: ChangeKinds;
  read(): Promise<T>;
}

export type Parts = { readonly [Name in keyof ConsoleParts]: ConsolePart<ConsoleParts[Name]> };

/** Longer lists are cut; the rest is counted. */
const MAX_SHOWN = 200;

/** Whether a journal entry matches the query. */
function matchesQuery(entry: JournalEntry, { text = '', refused }: ConsoleQuery): boolean {
  if (refused === 'yes' && !isRefused(entry)) return false;
  const { method, path, status, cause, reason, validationId, clientId } = entry;
  const entryText = [method, path, status, cause, reason, validationId, clientId].join(' ').toLowerCase();
  return entryText.includes(text.toLowerCase());
}

function toOwnClock(clock: ClockView | undefined): ConsoleParts['clients'][number]['clock'] {
  if (clock === undefined) return null;
  const { now, frozen, offsetMs } = clock;
  return frozen ? { frozen_at: new Date(now).toISOString() } : { offset_ms: offsetMs };
}

/** The parts of the console for `query`. */
export function createConsoleParts(
  simulator: Simulator,
  server: Omit<ConsoleParts['server'], 'scenario'>,
  query: ConsoleQuery,
): Parts {
  const { calls, clients, clocks, coverage, faults, findings, journal, overviews, scenarios, tokens } =
    simulator;
  const {
    client_id: clientId,
    call_client_id: callClientId = clientId,
    validation_id: validationId,
    n,
  } = query;

  /** The selected call. */
  async function findSelectedCall(): Promise<CallDetails | undefined> {
    if (callClientId === undefined || validationId === undefined) return overviews.findNewestCall(clientId);
    const id = await calls.findLatest(callClientId, validationId, n === undefined ? undefined : Number(n));
    return id === undefined ? undefined : calls.details(id);
  }

  return {
    server: {
      changedBy: [],
      read: async () => ({ ...server, scenario: scenarios.usual }),
    },
    clients: {
      changedBy: ['client', 'clock'],
      async read() {
        const all = await clients.list();
        const own = await clocks.own(all.map((client) => client.clientId));
        return all.map((client) => {
          const { client_secret: _, ...open } = toClientAnswer(client);
          return { ...open, clock: toOwnClock(own.get(client.clientId)) };
        });
      },
    },
    clock: { changedBy: ['clock'], read: async () => toClockAnswer(await clocks.read(clientId)) },
    scenarios: {
      changedBy: ['scenario'],
      read: async () =>
        (await scenarios.list(clientId)).map(({ scenario: { name, description = null } }) => ({
          name,
          description,
        })),
    },
    calls: {
      changedBy: ['call', 'presence', 'validation', 'clock'],
      async read() {
        const { waiting, unopened, live, over, counts } = await overviews.read(clientId);
        return {
          waiting: waiting.map(toCallAnswer),
          unopened: unopened.map(toValidationAnswer),
          live: live.map(toCallAnswer),
          over: over.map(toCallAnswer),
          counts,
        };
      },
    },
    call: {
      changedBy: ['call', 'presence', 'token', 'clock', 'journal'],
      async read() {
        const details = await findSelectedCall();
        if (details === undefined) return null;
        const { call } = details;
        const own = await Promise.all(call.tokens.map(tokens.get));
        const isOfCall = ({ validationId, form }: JournalEntry) =>
          validationId === call.validationId || form?.token !== undefined;
        const requests = await journal.listNewest(MAX_SHOWN, call.clientId, isOfCall);
        return {
          call: toCallAnswer(details),
          tokens: own.filter((token) => token !== undefined).map(toTokenAnswer),
          requests: requests.items.reverse().map(toRequestAnswer),
        };
      },
    },
    tokens: {
      changedBy: ['token', 'call', 'clock'],
      async read() {
        const { items, total } = await tokens.listNewest(MAX_SHOWN, clientId);
        return { items: items.map(toTokenAnswer), total };
      },
    },
    findings: {
      changedBy: ['finding', 'journal', 'call', 'presence', 'clock'],
      read: async () => (await findings.list(clientId)).map(toFindingAnswer),
    },
    coverage: {
      changedBy: ['coverage'],
      read: async () => toCoverageAnswer(await coverage.read(clientId)),
    },
    faults: {
      changedBy: ['faults', 'journal'],
      read: async () => (await faults.list(clientId)).map(toFaultAnswer),
    },
    journal: {
      changedBy: ['journal'],
      async read() {
        const isWanted = (entry: JournalEntry) => matchesQuery(entry, query);
        const isAll = !query.text && query.refused !== 'yes';
        const newest = await journal.listNewest(MAX_SHOWN, clientId, isAll ? undefined : isWanted);
        return { items: newest.items.map(toRequestAnswer), total: newest.total };
      },
    },
  };
}
