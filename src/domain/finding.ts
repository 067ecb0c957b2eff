import type { Instant } from './time.ts';

/**
 * Where a mistake is detected: in a request, in a page's report on its embedding, when a call is opened, in the open pages of
 * a call, or in the records when findings are listed.
 */
export type Place = 'request' | 'page' | 'opening' | 'presence' | 'records';

/** A mistake that an integration can make, and how to fix it. */
export interface Rule {
  readonly seenIn: readonly [Place, ...Place[]];
  readonly severity: 'error' | 'warning';
  /** Section of the guide. */
  readonly guide: string;
  readonly title: string;
  readonly fix: string;
}

/** Every rule by its id, which is part of the control API. */
export const RULES = {
  'secret-in-browser': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.4',
    title: 'the authentication API is called from a web page, so that its visitors can see the client secret',
    fix: 'ask for tokens from the backend alone, and hand the page nothing but its access token',
  },
  'cors-preflight': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.4',
    title: 'a web page has asked whether it may call the authentication API',
    fix: 'call it from the backend: the service lets no page of another origin in',
  },
  'missing-trailing-slash': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.2',
    title: 'an address of the authentication API lacks its last slash',
    fix: 'write /o/token/ and /o/revoke_token/ with the slash: the redirect that is answered loses the body',
  },
  'unsupported-body': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.2',
    title: 'the authentication API is sent something else than a form',
    fix: 'send application/x-www-form-urlencoded or multipart/form-data',
  },
  'service-breaks': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.2',
    title: 'a request on which the service breaks with 500',
    fix: 'send what the guide shows and nothing else; the journal says what was too much',
  },
  'token-shared': {
    seenIn: ['opening', 'presence'],
    severity: 'error',
    guide: '5.2',
    title: 'one access token serves several end users',
    fix: 'get a token of its own for every end user',
  },
  'validation-in-two-frames': {
    seenIn: ['presence'],
    severity: 'warning',
    guide: '5.3',
    title: 'one validation is open in two frames at the same time, each with a token of its own',
    fix: 'show one frame per validation, and remove the old iframe before you make another',
  },
  'token-reused': {
    seenIn: ['request'],
    severity: 'warning',
    guide: '5.2',
    title: 'an access token is used again after its call has ended',
    fix: 'get a new token for every call',
  },
  'stale-iframe': {
    seenIn: ['request'],
    severity: 'warning',
    guide: '5.3',
    title:
      'a page was loaded again with a new access token, and Firefox has put the old address into its iframe',
    fix: 'let a script of the page make the iframe: what it makes is not restored',
  },
  'token-never-used': {
    seenIn: ['records'],
    severity: 'warning',
    guide: '5.2',
    title: 'access tokens have expired without having opened a call',
    fix: 'ask for a token when the frame is about to be shown, not before',
  },
  'token-burst': {
    seenIn: ['records'],
    severity: 'warning',
    guide: '6.3',
    title: 'many access tokens were issued within a minute, and no call was opened',
    fix: 'protect the address at which your backend hands out tokens: login, captcha, rate limit',
  },
  'token-in-referer': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.3',
    title: 'an access token is sent on in a Referer header',
    fix: 'open the frame alone with the token, and send Referrer-Policy: no-referrer where it stands in an address',
  },
  'missing-validation-id': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.3',
    title: 'the address of the frame has no validation_id',
    fix: 'add the id that XpressID or vali-Das gave for the validation process',
  },
  'unconfirmed-validation': {
    seenIn: ['opening'],
    severity: 'error',
    guide: '5.3',
    title: 'a call was opened for a validation that is not confirmed, so that no agent sees it',
    fix: 'confirm the validation before the frame is shown',
  },
  'host-without-videocall': {
    seenIn: ['request'],
    severity: 'error',
    guide: '5.5',
    title:
      'the frame is opened at a host without "videocall" in its name, whose events the listener of the guide drops',
    fix: 'use the address that the simulator prints for browsers',
  },
  'opened-top-level': {
    seenIn: ['page'],
    severity: 'error',
    guide: '5.3',
    title: 'the page of the call is no iframe, so that nobody hears its events',
    fix: 'embed it as the guide shows',
  },
  'camera-not-allowed': {
    seenIn: ['page'],
    severity: 'error',
    guide: '5.3',
    title: 'the iframe may not use the camera or the microphone',
    fix: 'write allow="camera; microphone;", in every iframe around it too; if it is there, the page around it or its server sends a Permissions-Policy header with camera=() or microphone=()',
  },
  'sandboxed-origin': {
    seenIn: ['page'],
    severity: 'error',
    guide: '5.5',
    title: 'the iframe is sandboxed without its origin, which its events then come from as "null"',
    fix: 'leave sandbox out, or add allow-same-origin and allow-scripts to it',
  },
  'insecure-parent': {
    seenIn: ['page'],
    severity: 'error',
    guide: '5.3',
    title: 'the page around the frame is not served securely, and browsers keep the camera from it',
    fix: 'serve it over https, or from localhost while developing',
  },
  'parent-not-served': {
    seenIn: ['page'],
    severity: 'warning',
    guide: '5.3',
    title:
      'the page around the frame comes from no web server, but from a file, about:blank, a sandbox or an app',
    fix: 'serve it over https, or from localhost while developing; an app opens a page of its server in a web view',
  },
  'frame-too-small': {
    seenIn: ['page'],
    severity: 'warning',
    guide: '5.3',
    title: 'the frame is too small to see anybody in it',
    fix: 'give the elements around it a height: 100% of nothing is 150 pixels',
  },
  'old-browser': {
    seenIn: ['page'],
    severity: 'warning',
    guide: '3',
    title: 'a browser older than those for which the service was made',
    fix: 'ask the end user for a newer one',
  },
  'page-never-checked-in': {
    seenIn: ['records'],
    severity: 'warning',
    guide: '5.3',
    title: 'a page was served and its script never ran',
    fix: 'look for a sandbox without allow-scripts, a Content-Security-Policy or an X-Frame-Options in the way',
  },
  'stream-blocked': {
    seenIn: ['records'],
    severity: 'error',
    guide: '5.5',
    title: 'the script of a page ran, but its request for events never arrived',
    fix: 'let GET /call/events through, beside /call itself: a proxy, a service worker or a test answers it',
  },
  'call-abandoned': {
    seenIn: ['records'],
    severity: 'warning',
    guide: '4',
    title: 'a call was left before it had ended',
    fix: 'wait for VideocallCompleted before the frame is taken away',
  },
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof RULES;

/** The rules whose mistakes are detected in one place. */
type RuleSeenIn<P extends Place> = {
  [R in RuleId]: P extends (typeof RULES)[R]['seenIn'][number] ? R : never;
}[RuleId];

/** A detector for every rule of a place. */
export type Detectors<P extends Place, Detector> = Readonly<Record<RuleSeenIn<P>, Detector>>;

/** A mistake that was seen once or more often. */
export interface Finding {
  readonly rule: RuleId;
  /** The client that made it; empty when the client is unknown. */
  readonly clientId: string;
  /** What was seen; different texts are different findings. */
  readonly seen: string;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  readonly times: number;
}

/** Describes what was seen and how often. */
export const describeSeen = ({ seen, times }: Pick<Finding, 'seen' | 'times'>): string =>
  `seen ${times === 1 ? 'once' : `${times} times`}: ${seen}`;

/** `finding` seen once more, or a new one when there is none. */
export const recordOccurrence = (
  finding: Finding | undefined,
  first: Pick<Finding, 'rule' | 'clientId' | 'seen'>,
  now: Instant,
): Finding =>
  finding === undefined
    ? { ...first, firstAt: now, lastAt: now, times: 1 }
    : { ...finding, lastAt: now, times: finding.times + 1 };
