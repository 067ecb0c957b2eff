import { LineCounter, parseDocument } from 'yaml';
import { isMap } from '../control/schema/mismatch.ts';
import { isNoState, paramMismatches, STATES, stateNamed, unknownState } from './provider-states/table.ts';

import type { Found } from './sources.ts';

/** A state that an interaction asks for. */
export interface StateAsked {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Interaction {
  readonly kind: 'http' | 'message';
  readonly description: string;
  readonly key?: string;
  readonly states: readonly StateAsked[];
  /** The pact itself says that it may fail. */
  readonly pending: boolean;
  /** The pact or the broker says so. */
  readonly mayFail: boolean;
  /** Names of the values of its states that it refers to. */
  readonly refersTo: readonly string[];
}

/** A contract that can be verified. */
export interface Pact {
  /** The file or address that it comes from. */
  readonly source: string;
  readonly consumer: string;
  readonly provider: string;
  readonly interactions: readonly Interaction[];
  /** A broker has given it. */
  readonly isBrokers: boolean;
  /** As it was read; its interactions stand under `list`, in the same order. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly list: 'interactions' | 'messages';
}

type Fields = Readonly<Record<string, unknown>>;
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** What keeps a text from being a pact, in words. */
export class NoPact extends Error {}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // Which place of a text the runtime tells of differs; a reader of YAML, which JSON is a part of, tells it always.
    const lineCounter = new LineCounter();
    const [first] = parseDocument(text, { lineCounter, schema: 'json', prettyErrors: false }).errors;
    const at = first && lineCounter.linePos(first.pos[0]);
    const where = at === undefined ? '' : ` at line ${at.line}, column ${at.col}`;
    throw new NoPact(
      `is not JSON${where}: ${(error as Error).message.split(/,? \.{3}|,? "/, 1)[0]?.slice(0, 100)}`,
    );
  }
}

const nameOf = (document: Fields, role: string): string => {
  const party = document[role];
  const name = isMap(party) ? textOf(party.name) : undefined;
  if (name === undefined) throw new NoPact(`is not a pact: it has no ${role}.name`);
  return name;
};

/** One state of the list that versions 3 and 4 have. */
function stateOf(given: unknown, place: string): StateAsked {
  const { name, params } = isMap(given) ? given : {};
  if (typeof name !== 'string') throw new NoPact(`${place} is no state; write { "name": "…" }`);
  if (params !== undefined && params !== null && !isMap(params))
    throw new NoPact(`${place}: params must be an object`);
  return { name, params: isMap(params) ? params : {} };
}

const STATE_KEYS = ['providerStates', 'providerState', 'provider_state', 'provider_states'];

/**
 * The states of an interaction, in the words of any version: one name in V1 and V2, a list from V3 on. What is
 * written otherwise the verifier would pass over, and find all well.
 */
function statesOf(interaction: Fields, place: string): StateAsked[] {
  const [key, second] = STATE_KEYS.filter(
    (one) => interaction[one] !== undefined && interaction[one] !== null,
  );
  if (key === undefined) return [];
  if (second !== undefined) throw new NoPact(`${place} has both ${key} and ${second}; keep one of them`);
  const given = interaction[key];
  if (key === 'provider_states')
    throw new NoPact(`${place}: provider_states is not known to Pact; write providerStates`);
  if (typeof given === 'string') return [{ name: given, params: {} }];
  if (key !== 'providerStates' || !Array.isArray(given))
    throw new NoPact(`${place}: ${key} is neither a name nor a list of states`);
  return given.map((state, index) => stateOf(state, `${place}.providerStates[${index}]`));
}

/** Every name in `${name}` of the generators that are somewhere in `part`. */
function references(part: unknown): string[] {
  if (Array.isArray(part)) return part.flatMap(references);
  if (!isMap(part)) return [];
  const { type, expression } = part;
  if (type === 'ProviderState' && typeof expression === 'string')
    return [...expression.matchAll(/\$\{([^}]+)\}/g)].map(([, name = '']) => name);
  return Object.values(part).flatMap(references);
}

const MESSAGE = /message/i;
const KNOWN_TYPES = ['Synchronous/HTTP', 'Asynchronous/Messages'];

function interactionOf(
  given: unknown,
  index: number,
  list: Pact['list'],
  isV4: boolean,
): Omit<Interaction, 'mayFail'> {
  const place = `${list}[${index}]`;
  if (!isMap(given) || typeof given.description !== 'string')
    throw new NoPact(`is not a pact: ${place} has no description`);
  const { type, description, key, pending } = given;
  if (type !== undefined && !KNOWN_TYPES.includes(String(type)))
    throw new NoPact(`${place} is of type "${type}"; only ${KNOWN_TYPES.join(' and ')} can be verified here`);
  const isMessage = list === 'messages' || MESSAGE.test(String(type ?? ''));
  if (!isMessage && !(isMap(given.request) && isMap(given.response)))
    throw new NoPact(`is not a pact: ${place} has no request or no response`);
  return {
    kind: isMessage ? 'message' : 'http',
    description,
    ...(typeof key === 'string' && { key }),
    states: statesOf(given, place),
    // Only version 4 knows it.
    pending: isV4 && pending === true,
    refersTo: references([given.request, given.contents, given.generators]),
  };
}

const pluginsOf = ({ metadata }: Fields): string[] => {
  const plugins = isMap(metadata) ? metadata.plugins : undefined;
  const all = Array.isArray(plugins) ? plugins : isMap(plugins) ? Object.keys(plugins) : [];
  return all.map((plugin) => (isMap(plugin) ? String(plugin.name) : String(plugin)));
};

function isVersion4({ metadata }: Fields): boolean {
  const specification = isMap(metadata) ? metadata.pactSpecification : undefined;
  return isMap(specification) && String(specification.version).startsWith('4');
}

/**
 * Reads a pact of version 1 to 4.
 *
 * @throws {NoPact}
 */
export function readPact({ source, text, pending }: Found): Pact {
  const document = parsed(text);
  if (!isMap(document)) throw new NoPact('is not a pact: it holds no object');
  const [consumer, provider] = [nameOf(document, 'consumer'), nameOf(document, 'provider')];
  const plugins = pluginsOf(document);
  if (plugins.length > 0)
    throw new NoPact(
      `needs the plugin ${plugins.join(', ')}, which would be fetched from the internet; write it without plugins`,
    );
  if (document.messages !== undefined && document.interactions !== undefined)
    throw new NoPact(
      'has both interactions and messages, of which only one is ever looked at; make two pacts',
    );
  const list = document.messages === undefined ? 'interactions' : 'messages';
  const all = document[list];
  if (!Array.isArray(all)) throw new NoPact('is not a pact: it has neither interactions nor messages');
  const read = all.map((one, index) => interactionOf(one, index, list, isVersion4(document)));
  // Of a pact that is pending every interaction is.
  const interactions = read.map((one) => ({ ...one, mayFail: one.pending || pending === true }));
  return { source, consumer, provider, interactions, isBrokers: pending !== undefined, document, list };
}

/** The same pact with those interactions only that `isWanted`. */
export function only(pact: Pact, isWanted: (interaction: Interaction) => boolean): Pact {
  const wanted = pact.interactions.map(isWanted);
  const all = pact.document[pact.list] as readonly unknown[];
  return {
    ...pact,
    interactions: pact.interactions.filter((_, index) => wanted[index]),
    document: { ...pact.document, [pact.list]: all.filter((_, index) => wanted[index]) },
  };
}

/** What is wrong with the states of an interaction, and with its references to them. */
export function stateFaults({ states, refersTo, description }: Interaction, allowUnknown: boolean): string[] {
  const named = states.filter(({ name }) => !isNoState(name));
  const faults = named.flatMap(({ name, params }) => {
    const known = stateNamed(name);
    if (known === undefined) return allowUnknown ? [] : [unknownState(name)];
    return paramMismatches(known, params).map(({ message }) => `state "${known}": ${message}`);
  });
  const given = named.flatMap(({ name }): readonly string[] => {
    const known = stateNamed(name);
    return known === undefined ? [] : STATES[known].values;
  });
  const dangling = allowUnknown ? [] : refersTo.filter((name) => !given.includes(name));
  const gives =
    given.length === 0
      ? 'none of its states gives any value'
      : `its states give ${[...new Set(given)].join(', ')}`;
  return [...faults, ...dangling.map((name) => `it refers to \${${name}}, but ${gives}`)].map(
    (fault) => `"${description}": ${fault}`,
  );
}
