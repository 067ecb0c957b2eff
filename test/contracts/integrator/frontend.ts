/** What the page of the shop makes of a video call. */
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

/** The listener of guide 5.5, which drops what does not come from the frame. */
export function outcomeOf({ origin, data }: Message): Outcome | undefined {
  return origin.includes('videocall') ? OUTCOMES[data.code ?? ''] : undefined;
}
