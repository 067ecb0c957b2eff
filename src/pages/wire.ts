/** Requests of a page to its server. */

export const RETRY_DELAY_MS = 1_000;
/** The server answers a long-poll within 25 s, and a report at once: after this time the connection is dead. */
export const ANSWER_TIMEOUT_MS = 40_000;

/** Parses `json`; undefined when it is invalid. */
export function parseJson<T>(json: string): T | undefined {
  try {
    return JSON.parse(json) as T;
  } catch {
    return undefined;
  }
}

/** `url` with a parameter set or replaced. Edge 16 has no URLSearchParams. */
export function setParameter(url: string, name: string, value: string | number): string {
  const given = new RegExp(`([?&]${name}=)[^&]*`);
  if (given.test(url)) return url.replace(given, (_, before: string) => `${before}${value}`);
  return `${url}${url.indexOf('?') < 0 ? '?' : '&'}${name}=${value}`;
}
