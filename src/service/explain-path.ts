import { closestMatch } from '../domain/closest-match.ts';
import type { Explanation } from '../domain/explanation.ts';
import { PATHS } from '../guide/oauth.ts';
import { CALL_PATHS } from '../pages/call/messages.ts';
import { VALIDATION_PATH } from './validas.ts';

const READINESS = '/__admin/health';

/** Words of a path, by what was probably meant: names of other OAuth servers. A similar word counts too. */
const MEANT: Readonly<Record<string, string>> = {
  token: PATHS.token,
  tokens: PATHS.token,
  access_token: PATHS.token,
  oauth: PATHS.token,
  oauth2: PATHS.token,
  revoke_token: PATHS.revoke,
  revoke: PATHS.revoke,
  revocation: PATHS.revoke,
  call: CALL_PATHS.page,
  calls: CALL_PATHS.page,
  videocall: CALL_PATHS.page,
};
const WORDS = Object.keys(MEANT);

/** Words of our other paths. They count only as written: common words are similar to them. */
const EXACT: ReadonlyMap<string, string> = new Map([
  ['admin', '/__admin'],
  ['console', '/__console'],
  ['demo', '/__demo'],
  ...['health', 'healthz', 'ready', 'readyz', 'livez', 'ping', 'status'].map(
    (word) => [word, READINESS] as const,
  ),
  ...['metrics', 'reset', 'clients', 'findings'].map((word) => [word, `/__admin/${word}`] as const),
  ['confirmation', `PUT ${VALIDATION_PATH}/ID/confirmation`],
  ...['validas', 'validation', 'validations'].map((word) => [word, `POST ${VALIDATION_PATH}`] as const),
]);

const MAX_SEGMENTS = 20;

/** The path that was probably meant by one that does not exist. */
function findMeantPath(path: string): string | undefined {
  const segments = path.toLowerCase().replaceAll('-', '_').split('/').slice(0, MAX_SEGMENTS);
  for (const segment of segments.reverse()) {
    const written = segment.trim();
    const word = closestMatch(written, WORDS);
    const meant = EXACT.get(written) ?? (word && MEANT[word]);
    if (meant !== undefined) return meant;
  }
  return undefined;
}

/** Why nothing is found at `path`. */
export function explainPath(path: string): Explanation {
  const meant = findMeantPath(path);
  // Programs that wait for a server ask for "/".
  const readiness = path === '/' ? `; to wait until it is ready, ask ${READINESS}` : '';
  return {
    reason: 'the service has no such path',
    fix: `use ${meant ?? `${PATHS.token}, ${PATHS.revoke} or ${CALL_PATHS.page}${readiness}`}`,
  };
}
