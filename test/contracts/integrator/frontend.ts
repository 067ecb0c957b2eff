/** State of a video call as the shop page shows it. */
export type Outcome = 'waiting' | 'called' | 'talking' | 'done' | 'failed';

interface Message {
  readonly origin: string;
  readonly data: { readonly type?: string; readonly code?: string };
}

const OUTCOMES: Readonly<Record<string, Outcome>> = {
  VideocallLoading: 'called',
  VideocallInitiated: 'talking',
  VideocallCompleted: 'done',
  VideocallNotFound: 'failed',
  VideocallServerNotOperational: 'failed',
};

/** Converts a message as the listener in guide 5.5 does. Messages from outside the frame are dropped. */
export function outcomeOf({ origin, data }: Message): Outcome | undefined {
  return origin.includes('videocall') ? OUTCOMES[data.code ?? ''] : undefined;
}
