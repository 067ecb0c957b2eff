import type { Client } from './client.ts';
import { isShownName } from './journal.ts';

/** Why a request was refused, and how to fix it. */
export interface Explanation {
  readonly reason: string;
  readonly fix: string;
}

/** Percent-decodes `text` as a form does, leaving what cannot be decoded. */
function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text.replaceAll('+', ' ');
  }
}

const isQuoted = (text: string) => text.length > 1 && /["'`]/.test(text.charAt(0)) && text.at(-1) === text[0];

/** What surrounds a value that was read from a file, or copied with its quotation marks. */
const SURROUNDINGS: readonly { what: string; fix: string; isIn(given: string): boolean }[] = [
  {
    what: 'a line break at its end',
    fix: 'remove the line break, with which echo and many files end',
    isIn: (given) => /[\r\n]$/.test(given),
  },
  { what: 'spaces around it', fix: 'remove the spaces', isIn: (given) => given !== given.trim() },
  { what: 'quotation marks around it', fix: 'remove the quotation marks', isIn: isQuoted },
];

/** What surrounds `given`, and must be removed. */
export const findSurroundings = (given: string) => SURROUNDINGS.find(({ isIn }) => isIn(given));

/** `given` without what surrounds it. */
export function stripSurroundings(given: string): string {
  const inner = given.trim();
  return isQuoted(inner) ? inner.slice(1, -1).trim() : inner;
}

/** Nothing but letters is between the signs: ids may have such signs around their digits. */
const PLACEHOLDER =
  /^(?:undefined|null|None|NaN|\[object \w{1,20}\]|\$[A-Za-z_]{1,40}|\$\{[\w.]{1,40}\}|\{\{[\w .]{1,40}\}\}|\{[A-Za-z_]{1,40}\}|<[A-Za-z_ -]{1,40}>|%[A-Za-z_]{1,40}%)$/;

/** Whether `text` is a placeholder that nothing was filled into, or what a language writes for no value. Then it is no secret. */
export const isPlaceholder = (text: string): boolean => PLACEHOLDER.test(text);

const SET_VARIABLE = 'set the variable that it is read from';

/** Why a field or parameter is missing that is there under another name. The name is repeated only if it is surely no secret. */
export function explainMisspeltName(
  where: 'the form' | 'the URL',
  name: string,
  written: string,
  value: string,
): Explanation {
  const shown = isShownName(written, value) ? `"${written}"` : 'another name';
  return { reason: `${where} has ${shown} in place of "${name}"`, fix: `write ${name}` };
}

/** Why `given` is no access token, if it shows that itself. */
export function explainAccessToken(given: string): Explanation | undefined {
  if (isPlaceholder(given)) return { reason: 'the access token is a placeholder', fix: SET_VARIABLE };
  if (/^bearer\b/i.test(given))
    return { reason: 'the access token has "Bearer" before it', fix: 'send the token alone' };
  const surroundings = findSurroundings(given);
  return surroundings && { reason: `the access token has ${surroundings.what}`, fix: surroundings.fix };
}

/** Why `given` is not the secret of `client`. The secret itself is not repeated. */
export function explainSecret(client: Client, given: string | undefined, isInHeader: boolean): Explanation {
  const wrong = `wrong client_secret for client "${client.clientId}"`;
  const { clientSecret } = client;
  if (!given) {
    return {
      reason: `${wrong}: it is ${given === undefined ? 'missing' : 'empty'}`,
      fix: isInHeader ? 'send the base64 of ID:SECRET' : 'send it beside client_id in the form',
    };
  }
  if (isPlaceholder(given)) {
    return { reason: `${wrong}: it is a placeholder`, fix: SET_VARIABLE };
  }
  const surroundings = findSurroundings(given);
  if (surroundings !== undefined && stripSurroundings(given) === clientSecret) {
    return { reason: `${wrong}: it has ${surroundings.what}`, fix: surroundings.fix };
  }
  if (given === decodeOnce(clientSecret)) {
    return {
      reason: `${wrong}: it was not percent-encoded, and the service decodes it${isInHeader ? ' in Basic too' : ''}`,
      fix: 'percent-encode it: write + as %2B and % as %25',
    };
  }
  if (decodeOnce(given) === clientSecret) {
    return { reason: `${wrong}: it is percent-encoded twice`, fix: 'encode it once' };
  }
  if (!isInHeader && clientSecret.startsWith(`${given}&`)) {
    return { reason: `${wrong}: it ends at an &`, fix: 'percent-encode it: write & as %26' };
  }
  return { reason: wrong, fix: 'send the secret of this client; GET /__admin/clients shows it' };
}

/** Why there is no client `id`. The id is not repeated: a user who swaps id and secret would find the secret in a log. */
export function explainUnknownClient(id: string): Explanation {
  const unknown = 'there is no client with this client_id';
  if (id === '') return { reason: `${unknown}: it is empty`, fix: 'send the id of a client' };
  if (isPlaceholder(id)) {
    return { reason: `${unknown}: it is a placeholder`, fix: SET_VARIABLE };
  }
  const surroundings = findSurroundings(id);
  if (surroundings !== undefined) {
    return { reason: `${unknown}: it has ${surroundings.what}`, fix: surroundings.fix };
  }
  if (id.includes('\0')) {
    return {
      reason: `${unknown}: it has a NUL in it, as in UTF-16`,
      fix: 'encode it in UTF-8; with Basic, before base64',
    };
  }
  if (id.includes(' ')) {
    return { reason: `${unknown}: it has a space in it`, fix: 'percent-encode it: write + as %2B' };
  }
  return {
    reason: unknown,
    fix: 'send an id that GET /__admin/clients lists, or add this one with --client ID:SECRET',
  };
}
