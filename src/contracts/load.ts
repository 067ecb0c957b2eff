import { type Broker, fetchBrokerPacts } from './broker.ts';
import {
  filterInteractions,
  findStateProblems,
  type Interaction,
  InvalidPact,
  type Pact,
  readPact,
} from './pact.ts';
import { type PactSource, readSources, UnreadableSource } from './pact-sources.ts';

/** Pacts that cannot be verified; each problem names the file, what is wrong and how to fix it. */
export class InvalidPacts extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

export interface LoadOptions {
  readonly cwd: string;
  readonly broker?: Broker | undefined;
  /** Only interactions whose description or key matches. */
  readonly filter?: RegExp | undefined;
  readonly allowUnknownStates: boolean;
  readonly allowEmpty: boolean;
}

/** What was found, or why it cannot be read. */
async function collectProblems<T>(find: () => Promise<T[]>, problems: string[]): Promise<T[]> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof UnreadableSource)) throw error;
    problems.push(error.message);
    return [];
  }
}

/** The texts of all sources, and a problem for each source without any. */
async function findPactSources(
  named: readonly string[],
  { cwd, broker, allowEmpty }: LoadOptions,
  problems: string[],
): Promise<PactSource[]> {
  const all: PactSource[] = [];
  for (const argument of named) {
    const before = problems.length;
    const found = await collectProblems(() => readSources(argument, cwd), problems);
    if (found.length === 0 && problems.length === before && !allowEmpty)
      problems.push(`${argument}: there is no .json file in this folder`);
    all.push(...found);
  }
  if (broker === undefined) return all;
  const before = problems.length;
  const found = await collectProblems(() => fetchBrokerPacts(broker), problems);
  if (found.length === 0 && problems.length === before && !allowEmpty)
    problems.push(`${broker.url}: the broker has no pacts for "${broker.provider}" that match the selectors`);
  return [...all, ...found];
}

function parsePact(found: PactSource, problems: string[]): Pact[] {
  try {
    return [readPact(found)];
  } catch (error) {
    if (!(error instanceof InvalidPact)) throw error;
    problems.push(`${found.source}: ${error.message}`);
    return [];
  }
}

const createFilter =
  (filter: RegExp) =>
  ({ description, key = '' }: Interaction): boolean =>
    filter.test(description) || filter.test(key);

function findProblems(pact: Pact, { allowUnknownStates, allowEmpty }: LoadOptions): string[] {
  const { source, interactions } = pact;
  if (interactions.length === 0 && !allowEmpty)
    return [`${source}: has no interactions, so it would always pass; allow that with --allow-empty`];
  return interactions
    .flatMap((interaction) => findStateProblems(interaction, allowUnknownStates))
    .map((problem) => `${source}: ${problem}`);
}

/**
 * Reads every pact from files, folders and URLs, and from the broker.
 *
 * @throws {InvalidPacts} any pact cannot be verified, or there is none
 */
export async function loadPacts(named: readonly string[], options: LoadOptions): Promise<Pact[]> {
  const { filter, allowEmpty } = options;
  const problems: string[] = [];
  const found = await findPactSources(named, options, problems);
  const unique = new Map(found.map((one) => [one.source, one]));
  const all = [...unique.values()].flatMap((one) => parsePact(one, problems));
  problems.push(...all.flatMap((pact) => findProblems(pact, options)));
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
