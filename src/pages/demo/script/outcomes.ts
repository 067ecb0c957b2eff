import type { EventCode } from '../../../guide/events.ts';

/** What the bank's page shows for each event. */
export const OUTCOMES: Readonly<Record<EventCode, string>> = {
  VideocallLoading: 'An agent has joined. The call is about to begin.',
  VideocallInitiated: 'You are talking to an agent.',
  VideocallCompleted: 'Thank you. We know who you are, and your account is open.',
  VideocallNotFound: 'There is no such call. Please ask us for another one.',
  VideocallServerNotOperational: 'Video calls are not possible at the moment. Please try again later.',
};
