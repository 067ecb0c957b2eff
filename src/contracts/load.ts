import { isMap } from '../control/schema/mismatch.ts';
import { type Broker, fetchBrokerPacts } from './broker.ts';
import { createMasking, findSecrets } from './masking.ts';
import { filterInteractions, type Interaction, InvalidPact, type Pact, readPact } from './pact.ts';
import {
  type DownloadOptions,
  type PactSource,
  readSources,
  UnreachableSource,
  UnreadableSource,
} from './pact-sources.ts';
import { PROVIDER } from './report.ts';
import { findStateProblems } from './state-problems.ts';

/** Pacts that cannot be verified; each problem names the file, what is wrong and how to fix it. */
export class InvalidPacts extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** A server with pacts cannot be reached. */
class UnreachablePacts extends Error {}

export interface LoadOptions {
  readonly cwd: string;
  readonly broker?: Broker | undefined;
  readonly download: DownloadOptions;
  /** Only interactions whose description or key matches. */
  readonly filter?: RegExp | undefined;
  readonly allowUnknownStates: boolean;
  readonly allowEmpty: boolean;
}

/** Runs `find`, and collects its problem. */
async function collectProblems<T>(find: () => Promise<T[]>, problems: string[]): Promise<T[]> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof UnreachableSource) throw new UnreachablePacts(error.message);
    if (!(error instanceof UnreadableSource)) throw error;
    problems.push(error.message);
    return [];
  }
}

/** The texts of all sources, and a problem for each source without any. */
async function findPactSources(
  named: readonly string[],
  { cwd, broker, allowEmpty, download }: LoadOptions,
  problems: string[],
): Promise<PactSource[]> {
  const all: PactSource[] = [];
  for (const argument of named) {
    const before = problems.length;
    const found = await collectProblems(() => readSources(argument, cwd, download), problems);
    if (found.length === 0 && problems.length === before && !allowEmpty)
      problems.push(`${argument}: there is no .json file in this folder`);
    all.push(...found);
  }
  if (broker === undefined) return all;
  const before = problems.length;
  const found = await collectProblems(() => fetchBrokerPacts(broker), problems);
  if (found.length === 0 && problems.length === before && !allowEmpty)
    problems.push(
      `${broker.url}: the broker has no pacts for "${broker.provider}" that match the selectors; allow that with --allow-empty`,
    );
  return [...all, ...found];
}

/** A broker's pact that cannot be read: it fails as one interaction, without the other pacts. */
function createUnreadablePact({ source, text, server, broker }: PactSource, problem: string): Pact {
  const interaction: Interaction = {
    kind: 'http',
    description: 'the whole pact',
    states: [],
    pending: false,
    mayFail: broker?.pending === true,
    references: [],
    metadata: [],
    problems: [problem],
  };
  const document = { ...readMap(text), interactions: [{}] };
  return {
    source,
    ...(server && { server }),
    ...(broker && { broker }),
    consumer: 'unknown consumer',
    provider: PROVIDER,
    interactions: [interaction],
    document,
    listKey: 'interactions',
  };
}

function readMap(text: string): Pact['document'] {
  try {
    const document: unknown = JSON.parse(text);
    return isMap(document) ? document : {};
  } catch {
    return {};
  }
}

/** A pact, with the problems of its provider states. */
function parsePact(found: PactSource, { allowUnknownStates, allowEmpty }: LoadOptions): Pact {
  const pact = readPact(found);
  if (pact.interactions.length === 0 && !allowEmpty)
    throw new InvalidPact('has no interactions, so it would always pass; allow that with --allow-empty');
  return {
    ...pact,
    interactions: pact.interactions.map((interaction) => ({
      ...interaction,
      problems: [
        ...interaction.problems,
        ...findStateProblems(interaction, allowUnknownStates).map(
          (problem) => `"${interaction.description}": ${problem}`,
        ),
      ],
    })),
  };
}

/** Problems that end the run: those of interactions that are neither pending nor from a broker. */
const listFatalProblems = ({ interactions, broker, document }: Pact): string[] => {
  const { maskText } = createMasking(findSecrets(document));
  return interactions
    .filter(({ mayFail }) => !mayFail && broker === undefined)
    .flatMap(({ problems }) => problems.map(maskText));
};

function collectPact(found: PactSource, options: LoadOptions, problems: string[]): Pact[] {
  try {
    const pact = parsePact(found, options);
    problems.push(...listFatalProblems(pact).map((problem) => `${found.source}: ${problem}`));
    return [pact];
  } catch (error) {
    if (!(error instanceof InvalidPact)) throw error;
    if (found.broker !== undefined) return [createUnreadablePact(found, error.message)];
    problems.push(`${found.source}: ${error.message}`);
    return [];
  }
}

const createFilter =
  (filter: RegExp) =>
  ({ description, key = '' }: Interaction): boolean =>
    filter.test(description) || filter.test(key);

/**
 * Reads every pact from files, folders and URLs, and from the broker.
 *
 * @throws {InvalidPacts | UnreachablePacts} a pact cannot be verified, or there is none
 */
export async function loadPacts(named: readonly string[], options: LoadOptions): Promise<Pact[]> {
  const { filter, allowEmpty } = options;
  const problems: string[] = [];
  const found = await findPactSources(named, options, problems);
  const unique = new Map(found.map((one) => [one.source, one]));
  const all = [...unique.values()].flatMap((one) => collectPact(one, options, problems));
  const chosen =
    filter === undefined ? all : all.map((pact) => filterInteractions(pact, createFilter(filter)));
  const isEmpty = chosen.every(({ interactions }) => interactions.length === 0);
  if (problems.length === 0 && isEmpty && !allowEmpty)
    problems.push(
      filter === undefined
        ? 'there is nothing to verify'
        : `--filter: no interaction matches ${filter.source}`,
    );
  if (problems.length > 0) throw new InvalidPacts(problems);
  return chosen.filter(({ interactions }) => interactions.length > 0);
}
