import type { CallAnswer } from '../../control/schema/calls.ts';
import { type CallState, isOver } from '../../domain/call-state.ts';

/** Formats times and numbers for the console and the report. */

export const formatCount = (count: number): string => count.toLocaleString('en');

/** A text in sentence case. */
export const toSentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const UNITS = [
  ['h', 3_600_000],
  ['min', 60_000],
] as const;

/** A duration in milliseconds, for example `1 h 2 min`, `45 s` or `2.35 s`: at most two units. */
export function formatLength(ms: number): string {
  const [unit, size] = UNITS.find(([, one]) => ms >= one) ?? ['s', 1000];
  if (unit === 's') return `${ms < 10_000 ? Number((ms / 1000).toFixed(2)) : Math.floor(ms / 1000)} s`;
  const rest = Math.floor((ms % size) / (unit === 'h' ? 60_000 : 1000));
  return `${Math.floor(ms / size)} ${unit}${rest === 0 ? '' : ` ${rest} ${unit === 'h' ? 'min' : 's'}`}`;
}

/** When a call ended or failed; undefined while it is running. */
export const getEnd = ({ state, ended_at, acts }: CallAnswer): string | undefined =>
  ended_at ?? (isOver(state) ? acts.at(-1)?.at : undefined);

/** The duration of a call in milliseconds, from its opening to its end; undefined while it is running. */
export function measureCall(call: CallAnswer): number | undefined {
  const end = getEnd(call);
  return end === undefined ? undefined : Date.parse(end) - Date.parse(call.opened_at);
}

/** The time since the beginning. */
export const formatOffset = (ms: number): string => (ms === 0 ? '0 s' : `+${formatLength(ms)}`);

/** A time as in `2030-01-01 10:15:03`, in UTC like everywhere. */
export const formatDateTime = (iso: string): string => iso.slice(0, 19).replace('T', ' ');

/** The same without the date. */
export const formatTimeOfDay = (iso: string): string => iso.slice(11, 23);

/** The label of a call's state. */
export const STATE_LABELS: Readonly<Record<CallState, string>> = {
  'waiting-room': 'waiting',
  loading: 'connecting',
  'in-call': 'in call',
  ended: 'ended',
  error: 'failed',
};
