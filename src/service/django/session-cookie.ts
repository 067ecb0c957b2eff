/** The framework's session cookie. The service has no sessions, so no cookie of a client is valid. */

/** The framework deletes a shorter value at once, and a longer one only when the session is used. */
const MIN_SESSION_LENGTH = 8;

/** Deletes the cookie in the browser that sent it. */
export const DELETE_SESSION_COOKIE =
  'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax';

/** Whether the answer deletes the session cookie in `cookies`. */
export function shouldDeleteSession(cookies: string | undefined, isSessionRead: boolean): boolean {
  if (cookies === undefined) return false;
  const session = cookies
    .split(';')
    .map((cookie) => cookie.split('='))
    .filter(([name, value]) => name?.trim() === 'sessionid' && value !== undefined)
    .at(-1);
  if (session === undefined) return false;
  return isSessionRead || session.slice(1).join('=').trim().length < MIN_SESSION_LENGTH;
}
