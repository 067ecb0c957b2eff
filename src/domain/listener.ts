import { EVENTS } from '../guide/events.ts';

/** A message as the embedding page receives it. */
export interface PostedMessage {
  readonly origin: string;
  readonly data: unknown;
}

const getField = (data: unknown, name: 'type' | 'code' | 'message'): unknown =>
  typeof data === 'object' && data !== null ? (data as Record<string, unknown>)[name] : undefined;

/** A field of a message as text; empty when there is none, or when it is an object. */
export function getFieldText(data: unknown, name: 'type' | 'code' | 'message'): string {
  const field = getField(data, name);
  return field === undefined || typeof field === 'object' ? '' : String(field);
}

const MAX_DATA_LENGTH = 200;

/** Any message as a short text. Structured cloning also copies what JSON cannot express: a BigInt, or a cycle. */
export function formatData(data: unknown): string {
  try {
    const text: string | undefined = JSON.stringify(data, (_, value) =>
      typeof value === 'bigint' ? `${value}n` : value,
    );
    return (text ?? String(data)).slice(0, MAX_DATA_LENGTH);
  } catch {
    return Object.prototype.toString.call(data);
  }
}

/** Why the listener of guide 5.5 drops a message; undefined when it accepts it. */
export function explainDrop({ origin, data }: PostedMessage): string | undefined {
  if (!origin.includes('videocall')) return `its origin ${origin} does not contain "videocall"`;
  if (typeof data === 'string') return 'its data is a string, so event.data.code is undefined';
  const code = getField(data, 'code');
  if (code === undefined) return 'its data has no code';
  return typeof code === 'string' && Object.keys(EVENTS).includes(code)
    ? undefined
    : 'its code is not in the guide';
}
