import { LineCounter, parseDocument } from 'yaml';
import { isMap } from '../control/schema/mismatch.ts';
import type { PactSource } from './pact-sources.ts';
import {
  describeUnknownState,
  findParamMismatches,
  findState,
  isEmptyName,
  PROVIDER_STATES,
} from './provider-states/table.ts';

/** A provider state of an interaction. */
export interface RequestedState {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Interaction {
  readonly kind: 'http' | 'message';
  readonly description: string;
  readonly key?: string;
  readonly states: readonly RequestedState[];
  /** The pact itself marks it as pending. */
  readonly pending: boolean;
  /** The pact or the broker marks it as pending. */
  readonly mayFail: boolean;
  /** The names of the state values that it refers to. */
  readonly findReferences: readonly string[];
}

/** A pact that can be verified. */
export interface Pact {
  /** The file or URL it comes from. */
  readonly source: string;
  readonly consumer: string;
  readonly provider: string;
  readonly interactions: readonly Interaction[];
  /** It comes from a broker. */
  readonly isFromBroker: boolean;
  /** The document as it was read; its interactions are under `list`, in the same order. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly listKey: 'interactions' | 'messages';
}

type Fields = Readonly<Record<string, unknown>>;
const toText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Why a text is not a pact. */
export class InvalidPact extends Error {}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    // The position in a JSON error differs between runtimes; the YAML parser (JSON is YAML) always has one.
    const lineCounter = new LineCounter();
    const [first] = parseDocument(text, { lineCounter, schema: 'json', prettyErrors: false }).errors;
    const at = first && lineCounter.linePos(first.pos[0]);
    const where = at === undefined ? '' : ` at line ${at.line}, column ${at.col}`;
    throw new InvalidPact(
      `is not JSON${where}: ${(error as Error).message.split(/,? \.{3}|,? "/, 1)[0]?.slice(0, 100)}`,
    );
  }
}

const getPartyName = (document: Fields, role: string): string => {
  const party = document[role];
  const name = isMap(party) ? toText(party.name) : undefined;
  if (name === undefined) throw new InvalidPact(`is not a pact: it has no ${role}.name`);
  return name;
};

/** A state in the list of versions 3 and 4. */
function parseState(given: unknown, place: string): RequestedState {
  const { name, params } = isMap(given) ? given : {};
  if (typeof name !== 'string')
    throw new InvalidPact(`${place} is not a provider state; write { "name": "…" }`);
  if (params !== undefined && params !== null && !isMap(params))
    throw new InvalidPact(`${place}: params must be an object`);
  return { name, params: isMap(params) ? params : {} };
}

const STATE_KEYS = ['providerStates', 'providerState', 'provider_state', 'provider_states'];

/**
 * The states of an interaction in any version: a name in V1 and V2, a list from V3 on. The verifier would ignore any other
 * form and report success.
 */
function parseStates(interaction: Fields, place: string): RequestedState[] {
  const [key, second] = STATE_KEYS.filter(
    (one) => interaction[one] !== undefined && interaction[one] !== null,
  );
  if (key === undefined) return [];
  if (second !== undefined) throw new InvalidPact(`${place} has both ${key} and ${second}; keep one of them`);
  const given = interaction[key];
  if (key === 'provider_states')
    throw new InvalidPact(`${place}: provider_states is not known to Pact; write providerStates`);
  if (typeof given === 'string') return [{ name: given, params: {} }];
  if (key !== 'providerStates' || !Array.isArray(given))
    throw new InvalidPact(`${place}: ${key} is neither a name nor a list of states`);
  return given.map((state, index) => parseState(state, `${place}.providerStates[${index}]`));
}

/** Every name in `${name}` in the generators anywhere in `part`. */
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

function parseInteraction(
  given: unknown,
  index: number,
  list: Pact['listKey'],
  isV4: boolean,
): Omit<Interaction, 'mayFail'> {
  const place = `${list}[${index}]`;
  if (!isMap(given) || typeof given.description !== 'string')
    throw new InvalidPact(`is not a pact: ${place} has no description`);
  const { type, description, key, pending } = given;
  if (type !== undefined && !KNOWN_TYPES.includes(String(type)))
    throw new InvalidPact(
      `${place} is of type "${type}"; only ${KNOWN_TYPES.join(' and ')} can be verified here`,
    );
  const isMessage = list === 'messages' || MESSAGE.test(String(type ?? ''));
  if (!isMessage && !(isMap(given.request) && isMap(given.response)))
    throw new InvalidPact(`is not a pact: ${place} has no request or no response`);
  return {
    kind: isMessage ? 'message' : 'http',
    description,
    ...(typeof key === 'string' && { key }),
    states: parseStates(given, place),
    // Only version 4 has it.
    pending: isV4 && pending === true,
    findReferences: references([given.request, given.contents, given.generators]),
  };
}

const listPlugins = ({ metadata }: Fields): string[] => {
  const plugins = isMap(metadata) ? metadata.plugins : undefined;
  const all = Array.isArray(plugins) ? plugins : isMap(plugins) ? Object.keys(plugins) : [];
  return all.map((plugin) => (isMap(plugin) ? String(plugin.name) : String(plugin)));
};

function isVersion4({ metadata }: Fields): boolean {
  const specification = isMap(metadata) ? metadata.pactSpecification : undefined;
  return isMap(specification) && String(specification.version).startsWith('4');
}

/**
 * Parses a pact of version 1 to 4.
 *
 * @throws {InvalidPact}
 */
export function readPact({ source, text, pending }: PactSource): Pact {
  const document = parseJson(text);
  if (!isMap(document)) throw new InvalidPact('is not a pact: it is not an object');
  const [consumer, provider] = [getPartyName(document, 'consumer'), getPartyName(document, 'provider')];
  const plugins = listPlugins(document);
  if (plugins.length > 0)
    throw new InvalidPact(
      `needs the plugin ${plugins.join(', ')}, which would be downloaded from the internet; remove the plugins`,
    );
  if (document.messages !== undefined && document.interactions !== undefined)
    throw new InvalidPact(
      'has both interactions and messages, but only one of them would be verified; split it into two pacts',
    );
  const listKey = document.messages === undefined ? 'interactions' : 'messages';
  const all = document[listKey];
  if (!Array.isArray(all)) throw new InvalidPact('is not a pact: it has neither interactions nor messages');
  const read = all.map((one, index) => parseInteraction(one, index, listKey, isVersion4(document)));
  // Every interaction of a pending pact is pending.
  const interactions = read.map((one) => ({ ...one, mayFail: one.pending || pending === true }));
  return { source, consumer, provider, interactions, isFromBroker: pending !== undefined, document, listKey };
}

/** The same pact, only with the interactions that match `isWanted`. */
export function filterInteractions(pact: Pact, isWanted: (interaction: Interaction) => boolean): Pact {
  const wanted = pact.interactions.map(isWanted);
  const all = pact.document[pact.listKey] as readonly unknown[];
  return {
    ...pact,
    interactions: pact.interactions.filter((_, index) => wanted[index]),
    document: { ...pact.document, [pact.listKey]: all.filter((_, index) => wanted[index]) },
  };
}

/** The problems of an interaction's states, and of its references to them. */
export function findStateProblems(
  { states, findReferences, description }: Interaction,
  allowUnknown: boolean,
): string[] {
  const named = states.filter(({ name }) => !isEmptyName(name));
  const problems = named.flatMap(({ name, params }) => {
    const known = findState(name);
    if (known === undefined) return allowUnknown ? [] : [describeUnknownState(name)];
    return findParamMismatches(known, params).map(({ message }) => `state "${known}": ${message}`);
  });
  const given = named.flatMap(({ name }): readonly string[] => {
    const known = findState(name);
    return known === undefined ? [] : PROVIDER_STATES[known].values;
  });
  const dangling = allowUnknown ? [] : findReferences.filter((name) => !given.includes(name));
  const gives =
    given.length === 0
      ? 'none of its states returns a value'
      : `its states return ${[...new Set(given)].join(', ')}`;
  return [...problems, ...dangling.map((name) => `it refers to \${${name}}, but ${gives}`)].map(
    (problem) => `"${description}": ${problem}`,
  );
}
