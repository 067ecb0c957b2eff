/** What people do with their application, in words. */
const ACTS = {
  token: 'let your backend request a token',
  'token-this-way': 'let your backend request a token this way',
  revoke: 'let your backend revoke that token',
  'that-token': 'embed the frame with that token',
  'same-token': 'embed the frame again with the same token',
  'unknown-token': 'embed the frame with access_token=unknown',
  'no-validation-id': 'embed the frame with a new token and without validation_id',
  close: 'close the page',
} as const;

export type Act = keyof typeof ACTS;

/**
 * A step that plays a situation: an act, a frame with a new token, or a request to the control API, in whose path CLIENT_ID
 * stands for the client.
 */
export type PlayStep = Act | { readonly frame: string } | ControlStep;

interface ControlStep {
  readonly control: string;
  readonly body: Readonly<Record<string, unknown>>;
}

export const isControlStep = (step: PlayStep): step is ControlStep =>
  typeof step === 'object' && 'control' in step;

/** A step in words. */
export const formatStep = (step: PlayStep): string => {
  if (typeof step === 'string') return ACTS[step];
  return 'frame' in step
    ? `embed the frame with a new token and validation_id=${step.frame}`
    : `${step.control} ${JSON.stringify(step.body)}`;
};
