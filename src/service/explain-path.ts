import { closestMatch } from '../domain/closest-match.ts';
import type { Explanation } from '../domain/explanation.ts';
import { PATHS } from '../guide/oauth.ts';
import { CALL_PATHS } from '../pages/call/messages.ts';

/** Last words of a path, by what was probably meant: names of other OAuth servers, and our own pages without underscores. */
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
  admin: '/__admin',
  console: '/__console',
  demo: '/__demo',
  health: '/__admin/health',
  healthz: '/__admin/health',
};
const WORDS = Object.keys(MEANT);

const MAX_SEGMENTS = 20;

/** The path that was probably meant by one that does not exist. */
function findMeantPath(path: string): string | undefined {
  const segments = path.toLowerCase().replaceAll('-', '_').split('/').slice(0, MAX_SEGMENTS);
  for (const segment of segments.reverse()) {
    const word = closestMatch(segment.trim(), WORDS);
    if (word !== undefined) return MEANT[word];
  }
  return undefined;
}

/** Why nothing is found at `path`. */
export function explainPath(path: string): Explanation {
  const meant = findMeantPath(path);
  return {
    reason: 'the service has no such path',
    fix: meant === undefined ? `use ${PATHS.token}, ${PATHS.revoke} or ${CALL_PATHS.page}` : `use ${meant}`,
  };
}
