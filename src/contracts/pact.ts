import { LineCounter, parseDocument } from 'yaml';
import { isMap } from '../control/schema/mismatch.ts';
import { listReferences } from './format/generators.ts';
import { findFormProblems, findTypeProblem } from './format/interaction.ts';
import { findMisspeltDocumentKeys, findRepeatedKey, findUnknownKeysOf } from './format/keys.ts';
import type { PactSource } from './pact-sources.ts';

/** A provider state of an interaction. */
export interface RequestedState {
  readonly name: string;
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Interaction {
  readonly kind: 'http' | 'message';
  readonly description: string;
  readonly key?: string;
  /** The broker's id. */
  readonly id?: string;
  readonly states: readonly RequestedState[];
  /** The pact itself marks it as pending. */
  readonly pending: boolean;
  /** The pact or the broker marks it as pending. */
  readonly mayFail: boolean;
  /** The names of the state values that it refers to. */
  readonly references: readonly string[];
  readonly path?: string;
  /** The names of the metadata that it expects of an event. */
  readonly metadata: readonly string[];
  /** Why it cannot be verified. */
  readonly problems: readonly string[];
}

/** A parsed pact. Interactions with problems are not verified. */
export interface Pact extends Omit<PactSource, 'text' | 'problem'> {
  readonly consumer: string;
  /** The version of the consumer, if it comes from a broker. */
  readonly consumerVersion?: string;
  readonly provider: string;
  readonly interactions: readonly Interaction[];
  /** The document as it was read; its interactions are under `listKey`, in the same order. */
  readonly document: Readonly<Record<string, unknown>>;
  readonly listKey: 'interactions' | 'messages';
}

type Fields = Readonly<Record<string, unknown>>;
const toText = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** Why a text is not a pact. */
export class InvalidPact extends Error {}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
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
function parseState(given: unknown, place: string, problems: string[]): RequestedState[] {
  const { name, params } = isMap(given) ? given : {};
  if (typeof name !== 'string') {
    problems.push(`${place} is not a provider state; write { "name": "…" }`);
    return [];
  }
  problems.push(...findUnknownKeysOf('state', given as object, place));
  const isEmpty = params === undefined || params === null || (Array.isArray(params) && params.length === 0);
  if (!isEmpty && !isMap(params)) problems.push(`${place}: params must be an object`);
  return [{ name, params: isMap(params) ? params : {} }];
}

const STATE_KEYS = ['providerStates', 'providerState', 'provider_state', 'provider_states'];

/**
 * The states of an interaction in any version: a name in V1 and V2, a list from V3 on. The verifier would ignore any other
 * form and report success.
 */
function parseStates(interaction: Fields, place: string, problems: string[]): RequestedState[] {
  const [key, second] = STATE_KEYS.filter(
    (one) => interaction[one] !== undefined && interaction[one] !== null,
  );
  if (key === undefined) return [];
  if (second !== undefined) problems.push(`${place} has both ${key} and ${second}; keep one of them`);
  const given = interaction[key];
  if (typeof given === 'string') return [{ name: given, params: {} }];
  if (key === 'providerStates' && Array.isArray(given))
    return given.flatMap((state, index) => parseState(state, `${place}.providerStates[${index}]`, problems));
  if (key !== 'provider_states') problems.push(`${place}: ${key} is neither a name nor a list of states`);
  return [];
}

const hasId = (given: Fields): given is { _id: string } => typeof given._id === 'string';

function parseInteraction(
  given: unknown,
  place: string,
  { isMessageList, isV4, isPending }: { isMessageList: boolean; isV4: boolean; isPending: boolean },
): Interaction {
  if (!isMap(given) || typeof given.description !== 'string')
    throw new InvalidPact(`is not a pact: ${place} has no description`);
  const { type, description, key, request, response, metadata, metaData } = given;
  const kind = isMessageList || /message/i.test(String(type ?? '')) ? 'message' : 'http';
  const typeProblem = findTypeProblem(given, place, isV4);
  const problems = typeProblem === undefined ? [] : [typeProblem];
  if (kind === 'http' && !(isMap(request) && isMap(response)))
    problems.push(`is not a pact: ${place} has no request or no response`);
  const states = parseStates(given, place, problems);
  if (typeProblem === undefined) problems.push(...findFormProblems(given, { kind, place, isV4 }));
  // Only version 4 has it.
  const pending = isV4 && given.pending === true;
  const path = isMap(request) ? toText(request.path) : undefined;
  const expected = metadata ?? metaData;
  return {
    kind,
    description,
    ...(typeof key === 'string' && { key }),
    ...(hasId(given) && { id: given._id }),
    states,
    pending,
    mayFail: pending || isPending,
    references: isMap(request) ? listReferences(request.generators) : [],
    ...(path !== undefined && { path }),
    metadata: isMap(expected) ? Object.keys(expected) : [],
    problems,
  };
}

const listPlugins = ({ metadata }: Fields): string[] => {
  const plugins = isMap(metadata) ? metadata.plugins : undefined;
  const all = Array.isArray(plugins) ? plugins : isMap(plugins) ? Object.keys(plugins) : [];
  return all.map((plugin) => (isMap(plugin) ? String(plugin.name) : String(plugin)));
};

const MAX_VERSION = 4;

/** The version of the format as the verifier reads it: 3 by default. */
function readVersion({ metadata }: Fields): number {
  const all: Fields = isMap(metadata) ? metadata : {};
  const specification = all['pact-specification'] ?? all.pactSpecification;
  const version = isMap(specification) ? String(specification.version) : '';
  const [, major] = /^v?(\d+)/.exec(version) ?? [];
  if (major === undefined) return 3;
  if (Number(major) < 1 || Number(major) > MAX_VERSION)
    throw new InvalidPact(
      `uses version ${version} of the format; only versions 1 to ${MAX_VERSION} can be verified`,
    );
  return Number(major);
}

/** The list of interactions or messages, and its key. */
function findList(document: Fields, version: number): { listKey: Pact['listKey']; all: unknown[] } {
  if (document.messages !== undefined && document.interactions !== undefined)
    throw new InvalidPact(
      'has both interactions and messages, but only one of them would be verified; split it into two pacts',
    );
  const listKey = document.messages === undefined ? 'interactions' : 'messages';
  const all = document[listKey];
  if (!Array.isArray(all)) throw new InvalidPact('is not a pact: it has neither interactions nor messages');
  if (listKey === 'messages' && version !== 3)
    throw new InvalidPact(
      `has messages, which only version 3 has; use version 3, or write them under interactions in version 4`,
    );
  return { listKey, all };
}

/** The version of the consumer, which a broker adds. */
function readConsumerVersion({ _links }: Fields): string | undefined {
  const link = isMap(_links) ? _links['pb:consumer-version'] : undefined;
  return isMap(link) ? toText(link.name) : undefined;
}

/**
 * Parses a pact of version 1 to 4.
 *
 * @throws {InvalidPact}
 */
export function readPact({ text: given, problem, ...source }: PactSource): Pact {
  if (problem !== undefined) throw new InvalidPact(problem);
  const text = given.replace(/^\uFEFF/, '');
  const document = parseJson(text);
  if (!isMap(document)) throw new InvalidPact('is not a pact: it is not an object');
  const repeated = findRepeatedKey(text);
  if (repeated !== undefined)
    throw new InvalidPact(`has '${repeated.slice(0, 100)}' twice in one map; only the last one counts`);
  const [consumer, provider] = [getPartyName(document, 'consumer'), getPartyName(document, 'provider')];
  const plugins = listPlugins(document);
  if (plugins.length > 0)
    throw new InvalidPact(
      `needs the plugin ${plugins.join(', ')}, which would be downloaded from the internet; remove the plugins`,
    );
  const [misspelt] = findMisspeltDocumentKeys(document);
  if (misspelt !== undefined) throw new InvalidPact(misspelt);
  const version = readVersion(document);
  const { listKey, all } = findList(document, version);
  const kind = {
    isMessageList: listKey === 'messages',
    isV4: version === MAX_VERSION,
    // Every interaction of a pending pact is pending.
    isPending: source.broker?.pending === true,
  };
  const interactions = all.map((one, index) => parseInteraction(one, `${listKey}[${index}]`, kind));
  const consumerVersion = readConsumerVersion(document);
  return {
    ...source,
    consumer,
    ...(consumerVersion !== undefined && { consumerVersion }),
    provider,
    interactions,
    document,
    listKey,
  };
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
