import type { EventCode } from '../../../guide/events.ts';

/** What the bank's page shows for each event. */
export const OUTCOMES: Readonly<Record<EventCode, string>> = {
  VideocallLoading: 'An agent has joined. The call is about to start.',
  VideocallInitiated: 'You are talking to an agent.',
  VideocallCompleted: 'Thank you. Your identity is verified, and your account is open.',
  VideocallNotFound: 'This video call does not exist. Please request a new one.',
  VideocallServerNotOperational: 'Video calls are not available at the moment. Please try again later.',
};
