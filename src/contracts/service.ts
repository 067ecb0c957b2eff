import { RequestFailed } from '../control/schema/client.ts';
import { filterInteractions, type Interaction, type Pact, type RequestedState } from './pact.ts';
import type { ProviderControl } from './provider-control.ts';
import { findState, isEmptyName, type StateName } from './provider-states/table.ts';
import { createResult, type Result } from './results.ts';

/** The real service has no control API: only what its clients can do themselves can be verified there. */

/** The account on the service. */
export interface Account {
  readonly client_id: string;
  readonly client_secret: string;
  readonly validation_id?: string | undefined;
}

/** The states that a client can set up by itself, with the parameters that it can choose. */
const SETTABLE: Readonly<Partial<Record<StateName, readonly string[]>>> = {
  'the client credentials exist': ['client_id', 'client_secret'],
  'an access token exists': ['client_id'],
  'a validation exists': ['client_id', 'validation_id'],
};

function explainState({ name, params }: RequestedState, { validation_id }: Account): string | undefined {
  if (isEmptyName(name)) return undefined;
  const known = findState(name);
  const free = known === undefined ? undefined : SETTABLE[known];
  if (free === undefined) return `the state "${name}" cannot be set up at the real service`;
  const fixed = Object.keys(params).filter((key) => !free.includes(key));
  if (fixed.length > 0) return `"${name}" cannot be set up at the real service with ${fixed.join(', ')}`;
  return known === 'a validation exists' && validation_id === undefined
    ? `"${name}" needs a validation of the real service; give it with --validation-id`
    : undefined;
}

/** Why an interaction cannot be verified against the service, if so. */
function explainInteraction({ kind, states }: Interaction, account: Account): string | undefined {
  if (kind === 'message') return 'the events of the real service need a browser and an agent';
  return states.map((state) => explainState(state, account)).find((why) => why !== undefined);
}

type Replacements = readonly (readonly [from: string, to: string])[];

/** The placeholders in a contract that stand for the account. */
const createReplacements = ({ states }: Interaction, account: Account): Replacements =>
  states.flatMap(({ params }) =>
    (Object.keys(account) as (keyof Account)[]).flatMap((key) => {
      // Without a name, the guide's placeholder is meant.
      const [from, to] = [params[key] ?? key.toUpperCase(), account[key]];
      return typeof from === 'string' && from !== '' && to !== undefined ? [[from, to] as const] : [];
    }),
  );

const replaceInText = (text: string, replacements: Replacements): string =>
  replacements.reduce((left, [from, to]) => left.replaceAll(from, to), text);

const replaceInBase64 = (text: string, replacements: Replacements): string =>
  Buffer.from(replaceInText(Buffer.from(text, 'base64').toString('latin1'), replacements), 'latin1').toString(
    'base64',
  );

/** A request with all placeholders replaced, also in forms and Basic credentials. */
function replaceInPart(part: unknown, replacements: Replacements): unknown {
  if (typeof part === 'string') {
    const [, basic] = /^Basic (\S+)$/.exec(part) ?? [];
    return basic === undefined
      ? replaceInText(part, replacements)
      : `Basic ${replaceInBase64(basic, replacements)}`;
  }
  if (Array.isArray(part)) return part.map((one) => replaceInPart(one, replacements));
  if (typeof part !== 'object' || part === null) return part;
  const { content, contentType, encoded } = part as Readonly<Record<string, unknown>>;
  if (typeof content === 'string' && encoded === 'base64')
    return { ...part, content: replaceInBase64(content, replacements) };
  const isForm = String(contentType).startsWith('application/x-www-form-urlencoded');
  const own = isForm
    ? replacements.map(([from, to]) => [encodeURIComponent(from), encodeURIComponent(to)] as const)
    : replacements;
  return Object.fromEntries(Object.entries(part).map(([key, value]) => [key, replaceInPart(value, own)]));
}

/** The part of a pact that can be verified against the service, and reasons for the rest. */
export function fitToAccount(
  pact: Pact,
  account: Account,
): { readonly pact: Pact; readonly skipped: ReadonlyMap<Interaction, Result> } {
  const skipped = new Map<Interaction, Result>();
  for (const interaction of pact.interactions) {
    const why = explainInteraction(interaction, account);
    if (why !== undefined)
      skipped.set(interaction, createResult(pact, interaction, { status: 'skipped', stateErrors: [why] }));
  }
  const verifiable = filterInteractions(pact, (interaction) => !skipped.has(interaction));
  const all = verifiable.document[pact.listKey] as readonly { readonly request?: unknown }[];
  const list = all.map((one, index) => {
    const interaction = verifiable.interactions[index];
    if (interaction === undefined) return one;
    return { ...one, request: replaceInPart(one.request, createReplacements(interaction, account)) };
  });
  return { pact: { ...verifiable, document: { ...verifiable.document, [pact.listKey]: list } }, skipped };
}

/** Sets up the states that a client of the service can. */
export function serviceControl(url: string, account: Account): ProviderControl {
  const { client_id, client_secret, validation_id = '' } = account;

  async function token(): Promise<Record<string, string>> {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret });
    const answer = await fetch(`${url}/o/token/`, { method: 'POST', body });
    if (!answer.ok) {
      const hint = 'check --client-id and --client-secret, and whether this machine may use them';
      const message = `the service issued no token: it answered ${answer.status}`;
      throw new RequestFailed('conflict', message, { status: 409, hint });
    }
    const { access_token: accessToken } = (await answer.json()) as { access_token: string };
    return { accessToken, clientId: client_id };
  }

  return {
    async applyState({ action, state }) {
      const name = findState(state);
      if (action === 'setup' && name === 'an access token exists') return token();
      if (name === 'a validation exists') return { validationId: validation_id, clientId: client_id };
      if (name !== 'the client credentials exist') return {};
      const basicAuth = Buffer.from(`${client_id}:${client_secret}`).toString('base64');
      return { clientId: client_id, clientSecret: client_secret, basicAuth };
    },
    requestsAfter: async () => [],
    eventsOf: async () => [],
  };
}
