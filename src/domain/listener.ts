import { EVENTS } from '../guide/events.ts';

/** A message as the embedding page receives it. */
export interface PostedMessage {
  readonly origin: string;
  readonly data: unknown;
}

const getField = (data: unknown, name: 'type' | 'code' | 'message'): unknown =>
  typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;

/** A field of a message as text; empty when there is none. */
export function getFieldText(data: unknown, name: 'type' | 'code' | 'message'): string {
  const field = getField(data, name);
  return field === undefined ? '' : String(field);
}

/** Why the listener of guide 5.5 drops a message; undefined when it accepts it. */
export function explainDrop({ origin, data }: PostedMessage): string | undefined {
  if (!origin.includes('videocall')) return `its origin ${origin} does not contain "videocall"`;
  if (typeof data === 'string') return 'its data is a string, so event.data.code is undefined';
  const code = getField(data, 'code');
  if (code === undefined) return 'its data has no code';
  return Object.keys(EVENTS).includes(String(code)) ? undefined : 'its code is not in the guide';
}
