import type { OCCASIONS } from '../../contracts/source/frontend.ts';
import type { Situation } from '../../src/domain/coverage.ts';
import { createDetector } from '../../src/domain/detection.ts';
import type { AnswerFault, ConnectionFault, FaultKind } from '../../src/domain/fault.ts';
import type { Detectors, Place, Rule, RuleId } from '../../src/domain/finding.ts';
import type { JournalEntry } from '../../src/domain/journal.ts';
import type { EVENT_SITUATIONS } from '../../src/domain/played.ts';
import type { EFFECTS } from '../../src/domain/post.ts';
import type { Diagnostics } from '../../src/domain/presence.ts';
import type { AgentAction, DeliveryFault } from '../../src/domain/scenario.ts';
import type { Token } from '../../src/domain/token.ts';
import type { ERROR_CODES, EventCode } from '../../src/guide/events.ts';
import type { CallHandle } from '../../src/library/call.ts';
import type { PARTS } from '../../src/pages/console/console-stream.ts';
import type { ConsoleParts } from '../../src/pages/console/messages.ts';
import type { OUTCOMES as SHOWN } from '../../src/pages/demo/script/outcomes.ts';
import type { OUTCOMES as LOGGED } from '../../src/pages/demo/snippets.ts';
import type { ANSWERS, CONNECTIONS } from '../../src/service/faults.ts';
import type { RECORD_KINDS } from '../../src/simulator/record-kinds.ts';
import type { JOURNAL_ENTRY, TOKEN } from '../../src/store/redis/records.ts';
import type { ShortForm } from '../../src/store/redis/short-form.ts';
import type { Kind, Log } from '../../src/store/store.ts';

/** Tables with a row for every member of a union: one more member does not compile before it has its rows. */

type Complete<Member extends PropertyKey, Table extends Readonly<Record<Member, unknown>>> = Table;

export type Tables = [
  Complete<Kind | Log, typeof RECORD_KINDS>,
  // @ts-expect-error: a kind of record without a row
  Complete<Kind | Log | 'one more', typeof RECORD_KINDS>,
  Complete<keyof Token, typeof TOKEN>,
  // @ts-expect-error: a field of a token that would not be stored in Redis
  Complete<keyof Token | 'one more', typeof TOKEN>,
  Complete<keyof JournalEntry, typeof JOURNAL_ENTRY>,
  // @ts-expect-error: a field of an entry that would not be stored in Redis
  Complete<keyof JournalEntry | 'one more', typeof JOURNAL_ENTRY>,
  Complete<FaultKind, typeof CONNECTIONS & typeof ANSWERS>,
  // @ts-expect-error: a kind of fault that acts on the connection, without an effect
  Complete<ConnectionFault | 'one more', typeof CONNECTIONS>,
  // @ts-expect-error: a kind of fault that acts on the answer, without an effect
  Complete<AnswerFault | 'one more', typeof ANSWERS>,
  Complete<DeliveryFault, typeof EFFECTS>,
  // @ts-expect-error: a way of delivery without an effect
  Complete<DeliveryFault | 'one more', typeof EFFECTS>,
  Complete<keyof ConsoleParts, typeof PARTS>,
  // @ts-expect-error: a part of the console to which the page does not listen
  Complete<keyof ConsoleParts | 'one more', typeof PARTS>,
  Complete<AgentAction, CallHandle>,
  // @ts-expect-error: an action of the agent without a verb
  Complete<AgentAction | 'one more', CallHandle>,
];

export type TablesOfEvents = [
  Complete<EventCode, typeof SHOWN & typeof LOGGED & typeof OCCASIONS>,
  // @ts-expect-error: an event without a text on the demo page
  Complete<EventCode | 'one more', typeof SHOWN>,
  // @ts-expect-error: an event without a text in the listener to copy
  Complete<EventCode | 'one more', typeof LOGGED>,
  Complete<EventCode, typeof EVENT_SITUATIONS>,
  // @ts-expect-error: an event that is no situation
  Complete<EventCode | 'one more', typeof EVENT_SITUATIONS>,
  // @ts-expect-error: an event without a contract
  Complete<EventCode | 'one more', typeof OCCASIONS>,
];

type Errors = (typeof ERROR_CODES)[number];
export const FAILS: readonly Errors[] = [
  'VideocallNotFound',
  // @ts-expect-error: the code of an event whose type is info
  'VideocallLoading',
];

// @ts-expect-error: a situation that does not say how to play it
export const SITUATION: Situation = { seenIn: 'call', guide: '5.2', title: 'late', counts: 'it is late' };

/** Every rule has a place with detectors. */
export type TableOfRules = Complete<RuleId, { readonly [P in Place as keyof Detectors<P, unknown>]: P }>;

// @ts-expect-error: a rule that does not say where its mistakes show
export const RULE: Rule = { severity: 'error', guide: '5.2', title: 'a mistake', fix: 'do it right' };

// @ts-expect-error: a field that would be restored to a value that had none
export const OPTIONAL: ShortForm<{ readonly optional?: string }> = { optional: () => '' };

const look = () => undefined;

// @ts-expect-error: rules without a detector
createDetector<'request', JournalEntry>({ 'cors-preflight': look });
// @ts-expect-error: rules without a detector
createDetector<'page', Diagnostics>({ 'old-browser': look });
// @ts-expect-error: a rule without a detector
createDetector<'opening', unknown>({ 'token-shared': look });
// @ts-expect-error: a rule without a detector
createDetector<'presence', unknown>({});
// @ts-expect-error: rules without a detector
export const RECORDS: Detectors<'records', typeof look> = { 'token-burst': look };
