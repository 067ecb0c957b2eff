import type { Instant } from './time.ts';

/**
 * Where a mistake is detected: in a request, in a page's report on its embedding, when a call is opened, in the open pages of
 * a call, or in the records when findings are listed.
 */
export type Place = 'request' | 'page' | 'opening' | 'presence' | 'records';

/** What an integration must do at least, so that it could make a mistake. */
export type Occasion = 'authentication' | 'token' | 'frame' | 'call' | 'page';

/** A mistake that an integration can make, and how to fix it. */
export interface Rule {
  readonly seenIn: readonly [Place, ...Place[]];
  readonly occasion: Occasion;
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
    occasion: 'authentication',
    severity: 'error',
    guide: '5.4',
    title: 'a web page calls the authentication API, so its users can read the client secret',
    fix: 'request tokens from your backend only, and give the page nothing but its access token',
  },
  'cors-preflight': {
    seenIn: ['request'],
    occasion: 'authentication',
    severity: 'error',
    guide: '5.4',
    title: 'a web page tries to call the authentication API from another origin (CORS preflight)',
    fix: 'call it from your backend: the service allows no cross-origin requests',
  },
  'missing-trailing-slash': {
    seenIn: ['request'],
    occasion: 'authentication',
    severity: 'error',
    guide: '5.2',
    title: 'a request to the authentication API has no trailing slash in its path',
    fix: 'add the trailing slash (/o/token/, /o/revoke_token/): the redirect drops the request body',
  },
  'unsupported-body': {
    seenIn: ['request'],
    occasion: 'authentication',
    severity: 'error',
    guide: '5.2',
    title: 'a request to the authentication API has a body that is not a form',
    fix: 'send application/x-www-form-urlencoded or multipart/form-data',
  },
  'service-breaks': {
    seenIn: ['request'],
    occasion: 'authentication',
    severity: 'error',
    guide: '5.2',
    title: 'a request makes the service fail with 500',
    fix: 'send only what the guide shows; the journal names the part that makes the service fail',
  },
  'token-shared': {
    seenIn: ['opening', 'presence'],
    occasion: 'call',
    severity: 'error',
    guide: '5.2',
    title: 'several end users share one access token',
    fix: 'get a separate token for every end user',
  },
  'validation-in-two-frames': {
    seenIn: ['presence'],
    occasion: 'call',
    severity: 'warning',
    guide: '5.3',
    title: 'one validation is open in two frames at the same time, each with its own token',
    fix: 'show one frame per validation, and remove the old iframe before you create another',
  },
  'token-reused': {
    seenIn: ['request'],
    occasion: 'frame',
    severity: 'warning',
    guide: '5.2',
    title: 'an access token is used again after its call has ended',
    fix: 'get a new token for every call',
  },
  'stale-iframe': {
    seenIn: ['request'],
    occasion: 'frame',
    severity: 'warning',
    guide: '5.3',
    title: 'a page was reloaded with a new access token, and Firefox restored the old URL of its iframe',
    fix: 'create the iframe from a script: Firefox does not restore iframes that a script creates',
  },
  'token-never-used': {
    seenIn: ['records'],
    occasion: 'token',
    severity: 'warning',
    guide: '5.2',
    title: 'access tokens expired without opening a call',
    fix: 'request a token right before you show the frame',
  },
  'token-burst': {
    seenIn: ['records'],
    occasion: 'token',
    severity: 'warning',
    guide: '6.3',
    title: 'many access tokens were issued within a minute, but no call was opened',
    fix: 'protect the endpoint of your backend that hands out tokens: login, CAPTCHA, rate limit',
  },
  'token-in-referer': {
    seenIn: ['request'],
    occasion: 'frame',
    severity: 'error',
    guide: '5.3',
    title: 'an access token leaks in a Referer header',
    fix: 'put the token only into the URL of the frame, and send Referrer-Policy: no-referrer from every page that has it in its URL',
  },
  'missing-validation-id': {
    seenIn: ['request'],
    occasion: 'frame',
    severity: 'error',
    guide: '5.3',
    title: 'the URL of the frame has no validation_id',
    fix: 'add the id of the validation process, which XpressID or vali-Das returns',
  },
  'placeholder-validation-id': {
    seenIn: ['opening'],
    occasion: 'call',
    severity: 'error',
    guide: '5.3',
    title: 'a call was opened with a placeholder in place of the validation_id',
    fix: 'set the variable that the id is read from, before you show the frame',
  },
  'unconfirmed-validation': {
    seenIn: ['opening'],
    occasion: 'call',
    severity: 'error',
    guide: '5.3',
    title: 'a call was opened for an unconfirmed validation, so no agent sees it',
    fix: 'confirm the validation before you show the frame',
  },
  'misspelt-scenario': {
    seenIn: ['opening'],
    occasion: 'call',
    severity: 'warning',
    guide: '5.3',
    title:
      'a validation_id looks like the name of a scenario with a mistake in it, and the call plays another one',
    fix: 'write the exact name of the scenario, and ~ before anything else: agent-late~1',
  },
  'host-without-videocall': {
    seenIn: ['request'],
    occasion: 'frame',
    severity: 'error',
    guide: '5.5',
    title:
      'the host of the frame does not contain "videocall", so the listener from the guide drops its events',
    fix: 'use the URL that the simulator prints for browsers',
  },
  'opened-top-level': {
    seenIn: ['page'],
    occasion: 'page',
    severity: 'error',
    guide: '5.3',
    title: 'the call page is not in an iframe, so no page receives its events',
    fix: 'embed it in an iframe, as the guide shows',
  },
  'camera-not-allowed': {
    seenIn: ['page'],
    occasion: 'page',
    severity: 'error',
    guide: '5.3',
    title: 'the iframe is not allowed to use the camera or the microphone',
    fix: 'set allow="camera; microphone;" on the iframe and on every iframe around it; if it is there, remove camera=() and microphone=() from the Permissions-Policy header of the page around it',
  },
  'sandboxed-origin': {
    seenIn: ['page'],
    occasion: 'page',
    severity: 'error',
    guide: '5.5',
    title: 'the sandbox attribute removes the origin of the iframe, so its events come from "null"',
    fix: 'remove the sandbox attribute, or add allow-same-origin and allow-scripts to it',
  },
  'insecure-parent': {
    seenIn: ['page'],
    occasion: 'page',
    severity: 'error',
    guide: '5.3',
    title: 'the page around the frame is not secure, so browsers block the camera',
    fix: 'serve it over HTTPS, or from localhost during development',
  },
  'parent-not-served': {
    seenIn: ['page'],
    occasion: 'page',
    severity: 'warning',
    guide: '5.3',
    title:
      'the page around the frame does not come from a web server, but from a file, about:blank, a sandbox or an app',
    fix: 'serve it over HTTPS, or from localhost during development; in an app, open a page of your server in a web view',
  },
  'frame-too-small': {
    seenIn: ['page'],
    occasion: 'page',
    severity: 'warning',
    guide: '5.3',
    title: 'the frame is too small to show the video',
    fix: 'give the elements around it a height: without one, height: 100% becomes 150 pixels',
  },
  'old-browser': {
    seenIn: ['page'],
    occasion: 'page',
    severity: 'warning',
    guide: '3',
    title: 'the browser is older than the versions that the service supports',
    fix: 'ask the end user to update the browser',
  },
  'page-never-checked-in': {
    seenIn: ['records'],
    occasion: 'call',
    severity: 'warning',
    guide: '5.3',
    title: 'a call page was served, but its script never ran',
    fix: 'look for a sandbox without allow-scripts, or a Content-Security-Policy or X-Frame-Options header that blocks the page',
  },
  'stream-blocked': {
    seenIn: ['records'],
    occasion: 'call',
    severity: 'error',
    guide: '5.5',
    title: 'the script of the call page ran, but its request for events never arrived',
    fix: 'let GET /call/events through as well as /call: a proxy, a service worker or a test answers it',
  },
  'call-abandoned': {
    seenIn: ['records'],
    occasion: 'page',
    severity: 'warning',
    guide: '4',
    title: 'a page was closed before its call ended',
    fix: 'wait for VideocallCompleted before you remove the frame',
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

const MAX_SEEN_LENGTH = 200;

/** A mistake in one line, with how to fix it. */
export function describeMistake({
  rule,
  clientId,
  seen,
}: Pick<Finding, 'rule' | 'clientId' | 'seen'>): string {
  const { title, fix } = RULES[rule];
  const client = clientId === '' ? '' : `, client ${clientId}`;
  return `${title} (${rule}: ${seen.slice(0, MAX_SEEN_LENGTH)}${client}). How to fix: ${fix}.`;
}

/** `finding` seen once more, or a new one when there is none. */
export const recordOccurrence = (
  finding: Finding | undefined,
  first: Pick<Finding, 'rule' | 'clientId' | 'seen'>,
  now: Instant,
): Finding =>
  finding === undefined
    ? { ...first, firstAt: now, lastAt: now, times: 1 }
    : { ...finding, lastAt: now, times: finding.times + 1 };
