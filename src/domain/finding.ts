import type { Instant } from './time.ts';

/** A mistake that an integration can make, and how to mend it. */
export interface Rule {
  readonly severity: 'error' | 'warning';
  /** Section of the guide. */
  readonly guide: string;
  readonly title: string;
  readonly mend: string;
}

/** Every rule by its id, which is part of the control API. */
export const RULES = {
  'missing-trailing-slash': {
    severity: 'error',
    guide: '5.2',
    title: 'an address of the authentication API lacks its last slash',
    mend: 'write /o/token/ and /o/revoke_token/ with the slash: the redirect that is answered loses the body',
  },
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;

/** One mistake that was seen, once or more often. */
export interface Finding {
  readonly rule: RuleId;
  /** Whose it is, or empty where no client can be named. */
  readonly clientId: string;
  /** What was seen, in words; told apart by it. */
  readonly seen: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly times: number;
}

/** `finding`, if there is one, seen once more; or seen for the first time. */
export const seenAgain = (
  finding: Finding | undefined,
  first: Pick<Finding, 'rule' | 'clientId' | 'seen'>,
  now: Instant,
): Finding =>
  finding === undefined
    ? { ...first, firstAt: now, lastAt: now, times: 1 }
    : { ...finding, lastAt: now, times: finding.times + 1 };
