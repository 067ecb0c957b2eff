/** The messages that the frame posts to the page that embeds it. Guide 5.5. */

/** What `event.data` holds, always with exactly these three keys. Guide 5.5. */
export interface VideocallEvent {
  readonly type: 'info' | 'error';
  readonly code: string;
  readonly message: string;
}

/** The five documented events by their code, in the words of guide 5.5.1 and 5.5.2. */
export const EVENTS = {
  /** Guide 5.5.1.3: the agent joins. */
  VideocallLoading: { type: 'info', code: 'VideocallLoading', message: 'The video call is loading' },
  /** Guide 5.5.1.2: the call has begun. */
  VideocallInitiated: {
    type: 'info',
    code: 'VideocallInitiated',
    message: 'The video call has just been initiated',
  },
  /** Guide 5.5.1.1: the agent has ended the call. */
  VideocallCompleted: {
    type: 'info',
    code: 'VideocallCompleted',
    message: 'The video call has been successfully completed',
  },
  /** Guide 5.5.2.1: there is no such call. */
  VideocallNotFound: { type: 'error', code: 'VideocallNotFound', message: 'Video call not found' },
  /** Guide 5.5.2.2: the video call server is down. */
  VideocallServerNotOperational: {
    type: 'error',
    code: 'VideocallServerNotOperational',
    message: 'Video call server not operational',
  },
} as const satisfies Record<string, VideocallEvent>;

export type EventCode = keyof typeof EVENTS;

export type ErrorCode = {
  [C in EventCode]: (typeof EVENTS)[C]['type'] extends 'error' ? C : never;
}[EventCode];

/** The codes of the events whose type is `error`. Guide 5.5.2. */
export const ERROR_CODES = (Object.keys(EVENTS) as EventCode[]).filter(
  (code): code is ErrorCode => EVENTS[code].type === 'error',
);
