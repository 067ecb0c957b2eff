import { OLDEST_BROWSERS } from '../guide/browsers.ts';
import { FORM_TYPES, PATHS } from '../guide/oauth.ts';
import type { Detectors, Place, RuleId } from './finding.ts';
import { isFrameTooSmall } from './frame-size.ts';
import type { JournalEntry } from './journal.ts';
import type { Diagnostics } from './presence.ts';

/** Detects mistakes: each rule looks at a request, or at a page's report on its embedding. */

/** What was seen of a mistake, in a short text that is the same for the same mistake. */
type Detector<Facts> = (facts: Facts) => string | undefined;

export interface Detection {
  readonly rule: RuleId;
  readonly seen: string;
}

/** Returns a function that finds every mistake in one place. */
export function createDetector<P extends Place, Facts>(
  looks: Detectors<P, Detector<Facts>>,
): (facts: Facts) => Detection[] {
  const all = Object.entries(looks) as [RuleId, Detector<Facts>][];
  return (facts) => {
    const mistakes: Detection[] = [];
    for (const [rule, look] of all) {
      const seen = look(facts);
      if (seen !== undefined) mistakes.push({ rule, seen });
    }
    return mistakes;
  };
}

const OAUTH_PATHS: readonly string[] = Object.values(PATHS);
const isAuthentication = ({ path }: JournalEntry): boolean => path.startsWith('/o/');
const isCall = ({ path, method }: JournalEntry): boolean => path === '/call' && method === 'GET';

/** Tests in Node that run in jsdom or happy-dom send what a page would, also for the code of a backend. */
const isFromTestDom = ({ headers }: JournalEntry): boolean =>
  /\b(?:jsdom|HappyDOM)\//.test(headers['user-agent'] ?? '');

/** Only browsers send Origin or Sec-Fetch-Site; some other clients send Sec-Fetch-Mode. */
const describeOrigin = ({ headers }: JournalEntry): string | undefined =>
  headers.origin ?? (headers['sec-fetch-site'] === undefined ? undefined : 'an unknown origin');

/**
 * When Firefox reloads a page, it loads into iframes their earlier content, whatever the page now says. A new, unused token
 * distinguishes this from a token that the integrator hands out twice.
 */
const isStale = (entry: JournalEntry): boolean =>
  isCall(entry) &&
  entry.isSuperseded === true &&
  /\bFirefox\/\d/.test(entry.headers['user-agent'] ?? '') &&
  (entry.headers['sec-fetch-dest'] ?? 'iframe') === 'iframe';

/** Finds every mistake in a request. */
export const detectInRequest = createDetector<'request', JournalEntry>({
  'secret-in-browser'(entry) {
    const page = entry.method === 'POST' && isAuthentication(entry) ? describeOrigin(entry) : undefined;
    return page && !isFromTestDom(entry) ? `POST ${entry.path} from a page at ${page}` : undefined;
  },
  'cors-preflight': (entry) =>
    entry.method === 'OPTIONS' &&
    isAuthentication(entry) &&
    !isFromTestDom(entry) &&
    entry.headers['access-control-request-method'] !== undefined
      ? `OPTIONS ${entry.path} from a page at ${describeOrigin(entry) ?? 'an unknown origin'}`
      : undefined,
  'missing-trailing-slash': ({ method, path, status }) =>
    status === 301 && OAUTH_PATHS.includes(`${path}/`) ? `${method} ${path}` : undefined,
  'unsupported-body'(entry) {
    const { method, path, form, headers } = entry;
    if (form !== undefined || method !== 'POST') return undefined;
    if (!OAUTH_PATHS.includes(path) && !OAUTH_PATHS.includes(`${path}/`)) return undefined;
    const type = headers['content-type']?.split(';', 1)[0];
    // A form that was not read was refused for another reason.
    const isForm = FORM_TYPES.some((one) => one === type);
    return type !== undefined && !isForm && entry.faultId === undefined
      ? `POST ${path} with ${type}`
      : undefined;
  },
  'service-breaks': ({ cause, method, path }) => (cause === 'crash' ? `${method} ${path}` : undefined),
  'token-reused': (entry) =>
    isCall(entry) && entry.cause === 'completed' && !isStale(entry)
      ? 'GET /call with the token of a call that has ended'
      : undefined,
  'stale-iframe': (entry) =>
    isStale(entry)
      ? `GET /call with a token that is ${entry.cause}, after a newer one was issued`
      : undefined,
  'token-in-referer': ({ headers }) =>
    headers.referer !== undefined && /[?&]access_token=/.test(headers.referer)
      ? `from ${headers.referer.split('?', 1)[0]}`
      : undefined,
  'missing-validation-id': (entry) =>
    isCall(entry) && entry.cause === 'VideocallNotFound' && entry.validationId === undefined
      ? 'GET /call without validation_id'
      : undefined,
  'host-without-videocall': (entry) =>
    isCall(entry) && entry.headers.host?.includes('videocall') === false
      ? `at ${entry.headers.host}`
      : undefined,
});

/** In the order of matching: most browsers claim to be others as well. */
const BROWSERS: readonly (readonly [keyof typeof OLDEST_BROWSERS, RegExp])[] = [
  ['Opera', /\b(?:OPR|Opera)\/(\d+(?:\.\d+)?)/],
  ['Edge', /\bEdg(?:e|A|iOS)?\/(\d+(?:\.\d+)?)/],
  ['Firefox', /\bFirefox\/(\d+(?:\.\d+)?)/],
  ['Chrome', /\bChrom(?:e|ium)\/(\d+(?:\.\d+)?)/],
  ['Safari', /\bVersion\/(\d+(?:\.\d+)?).*\bSafari\//],
];

/** Whether the page around the frame comes from no web server, as far as its browser tells. */
const isUnserved = ({ parentOrigin, userAgent }: Diagnostics): boolean =>
  parentOrigin === 'null'
    ? !/\bFirefox\/\d/.test(userAgent)
    : parentOrigin !== null && !/^https?:/.test(parentOrigin);

/** Finds every mistake in a page's embedding. */
export const detectInPage = createDetector<'page', Diagnostics>({
  'opened-top-level': ({ topLevel }) => (topLevel ? 'the page has no parent' : undefined),
  'camera-not-allowed'({ cameraAllowed, microphoneAllowed, topLevel }) {
    const refused = [cameraAllowed === false && 'camera', microphoneAllowed === false && 'microphone'].filter(
      Boolean,
    );
    return refused.length > 0 && !topLevel ? `not allowed: ${refused.join(', ')}` : undefined;
  },
  'sandboxed-origin': ({ origin }) => (origin === 'null' ? 'its origin is "null"' : undefined),
  'insecure-parent': (seen) =>
    seen.secureContext === false && !isUnserved(seen)
      ? `in a page at ${seen.parentOrigin ?? 'an unknown origin'}`
      : undefined,
  'parent-not-served': (seen) =>
    isUnserved(seen) && !seen.topLevel ? `in a page with the origin ${seen.parentOrigin}` : undefined,
  'frame-too-small': ({ width, height }) =>
    isFrameTooSmall(width, height) ? `${width} x ${height} pixels` : undefined,
  'old-browser'({ userAgent }) {
    for (const [name, pattern] of BROWSERS) {
      const version = pattern.exec(userAgent)?.[1];
      if (version !== undefined)
        return Number(version) < OLDEST_BROWSERS[name] ? `${name} ${version}` : undefined;
    }
    return undefined;
  },
});
