import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'yaml';
import { ROOT } from '../system/package.ts';
import { findLibrary } from './library.ts';
import { createMasking, findSecrets, NO_MASKING } from './masking.ts';
import { filterInteractions, type Interaction, type Pact } from './pact.ts';
import { PROVIDER, type VerificationReport } from './report.ts';
import { createBaseResult, type Problem, type Result } from './results.ts';

/** The part of the library that is used; its own types cannot be resolved. */
interface Comparison {
  readonly type: 'error' | 'warning';
  readonly code: string;
  readonly message: string;
  readonly mockDetails?: { readonly location: string };
}
interface Library {
  readonly Comparator: new (openapi: unknown) => { compare(pact: unknown): AsyncIterable<Comparison> };
}

const isHttpInteraction = ({ kind }: Interaction): boolean => kind === 'http';

export interface StaticOptions {
  readonly cwd: string;
  readonly showSecrets: boolean;
  readonly failOnPending: boolean;
}

/** Compares the requests and answers of pacts with the description of the service, without any server. */
export async function verifyStatically(
  pacts: readonly Pact[],
  options: StaticOptions,
): Promise<VerificationReport> {
  const { Comparator } = createRequire(import.meta.url)(findLibrary('comparator', options.cwd)) as Library;
  const comparator = new Comparator(parse(readFileSync(new URL('contracts/openapi.yaml', ROOT), 'utf8')));
  const results: Result[] = [];
  const warnings: string[] = [];

  for (const pact of pacts) {
    const mask = options.showSecrets ? NO_MASKING : createMasking(findSecrets(pact.document));
    const exchanges = filterInteractions(pact, isHttpInteraction);
    const problems = new Map<Interaction | undefined, Problem[]>();
    const document = { ...exchanges.document, interactions: exchanges.document[pact.listKey] };
    for await (const { type, code, message, mockDetails } of comparator.compare(document)) {
      const location = mockDetails?.location ?? '';
      const interaction = exchanges.interactions[Number(/interactions\[(\d+)\]/.exec(location)?.[1] ?? -1)];
      const path = location.replace(/^\[root\]\.interactions\[\d+\]\./, '');
      const found = { type: code, path, message: mask.maskText(message) };
      if (type === 'warning')
        warnings.push(`${pact.source}: "${interaction?.description}": ${found.message}`);
      else problems.set(interaction, [...(problems.get(interaction) ?? []), found]);
    }
    // A result without an interaction fails the first one, so that it is not lost.
    const unassigned = problems.get(undefined) ?? [];
    results.push(
      ...pact.interactions.map((interaction, index): Result => {
        const { kind, mayFail } = interaction;
        const own = [...(problems.get(exchanges.interactions.find((one) => one === interaction)) ?? [])];
        if (kind === 'http' && index === 0) own.push(...unassigned);
        const failed = mayFail ? 'pending' : 'failed';
        return {
          ...createBaseResult(pact, interaction, mask),
          duration_ms: 0,
          status: kind === 'message' ? 'skipped' : own.length === 0 ? 'passed' : failed,
          problems: own,
          stateErrors: [],
          fix:
            own.length === 0 ? [] : ['contracts/openapi.yaml describes what the service accepts and returns'],
        };
      }),
    );
  }
  if (results.some(({ status }) => status === 'skipped'))
    warnings.push('OpenAPI does not describe events; verify them without --static');
  return { provider: PROVIDER, results, warnings, failOnPending: options.failOnPending };
}
