import { type Broker, brokerTexts } from './broker.ts';
import { type Interaction, NoPact, only, type Pact, readPact, stateFaults } from './pact.ts';
import { type Found, textsAt, Unreadable } from './sources.ts';

/** Pacts that cannot be verified; each fault names the file, what is wrong and how to fix it. */
export class BadPacts extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

export interface LoadOptions {
  readonly cwd: string;
  readonly broker?: Broker | undefined;
  /** Only interactions whose description or key it matches. */
  readonly filter?: RegExp | undefined;
  readonly allowUnknownStates: boolean;
  readonly allowEmpty: boolean;
}

/** What was found, or why it cannot be had. */
async function having<T>(find: () => Promise<T[]>, faults: string[]): Promise<T[]> {
  try {
    return await find();
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    faults.push(error.message);
    return [];
  }
}

/** The texts in all that is named, and of what holds none a fault. */
async function texts(
  named: readonly string[],
  { cwd, broker, allowEmpty }: LoadOptions,
  faults: string[],
): Promise<Found[]> {
  const all: Found[] = [];
  for (const argument of named) {
    const before = faults.length;
    const found = await having(() => textsAt(argument, cwd), faults);
    if (found.length === 0 && faults.length === before && !allowEmpty)
      faults.push(`${argument}: there is no .json file in this folder`);
    all.push(...found);
  }
  if (broker === undefined) return all;
  const before = faults.length;
  const found = await having(() => brokerTexts(broker), faults);
  if (found.length === 0 && faults.length === before && !allowEmpty)
    faults.push(`${broker.url}: the broker has no pacts for "${broker.provider}" that match the selectors`);
  return [...all, ...found];
}

function pactIn(found: Found, faults: string[]): Pact[] {
  try {
    return [readPact(found)];
  } catch (error) {
    if (!(error instanceof NoPact)) throw error;
    faults.push(`${found.source}: ${error.message}`);
    return [];
  }
}

const isWantedBy =
  (filter: RegExp) =>
  ({ description, key = '' }: Interaction): boolean =>
    filter.test(description) || filter.test(key);

function faultsOf(pact: Pact, { allowUnknownStates, allowEmpty }: LoadOptions): string[] {
  const { source, interactions } = pact;
  if (interactions.length === 0 && !allowEmpty)
    return [`${source}: has no interactions, so that it would pass whatever happens; see --allow-empty`];
  return interactions
    .flatMap((interaction) => stateFaults(interaction, allowUnknownStates))
    .map((fault) => `${source}: ${fault}`);
}

/**
 * Reads every pact that is named by a file, a folder or an address, or that the broker has.
 *
 * @throws {BadPacts} any of them cannot be verified, or none is left
 */
export async function loadPacts(named: readonly string[], options: LoadOptions): Promise<Pact[]> {
  const { filter, allowEmpty } = options;
  const faults: string[] = [];
  const found = await texts(named, options, faults);
  const unique = new Map(found.map((one) => [one.source, one]));
  const all = [...unique.values()].flatMap((one) => pactIn(one, faults));
  faults.push(...all.flatMap((pact) => faultsOf(pact, options)));
  const chosen = filter === undefined ? all : all.map((pact) => only(pact, isWantedBy(filter)));
  const isNothing = chosen.every(({ interactions }) => interactions.length === 0);
  if (faults.length === 0 && isNothing && !allowEmpty)
    faults.push(
      filter === undefined
        ? 'there is nothing to verify'
        : `--filter: no interaction matches ${filter.source}`,
    );
  if (faults.length > 0) throw new BadPacts(faults);
  return chosen.filter(({ interactions }) => interactions.length > 0);
}
