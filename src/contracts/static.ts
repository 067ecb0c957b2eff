import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parse } from 'yaml';
import { ROOT } from '../system/package.ts';
import { findLibrary } from './library.ts';
import { createMasking, findSecrets, NO_MASKING } from './masking.ts';
import { filterInteractions, type Interaction, type Pact } from './pact.ts';
import type { VerificationReport } from './report.ts';
import { createFailure, createResult, maskResult, type Problem, type Result } from './results.ts';

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

export interface StaticOptions {
  readonly cwd: string;
  readonly provider: string;
  readonly showSecrets: boolean;
  readonly failOnPending: boolean;
}

const NO_SERVER_FIX = ['contracts/openapi.yaml describes what the service accepts and returns'];

/** Compares one interaction at a time, because a crash of the library would hide the results of the others. */
async function compareInteraction(
  comparator: InstanceType<Library['Comparator']>,
  pact: Pact,
  interaction: Interaction,
): Promise<{ readonly result: Result; readonly warnings: readonly string[] }> {
  const { document } = filterInteractions(pact, (one) => one === interaction);
  const problems: Problem[] = [];
  const warnings: string[] = [];
  try {
    for await (const { type, code, message, mockDetails } of comparator.compare(document)) {
      const path = (mockDetails?.location ?? '').replace(/^\[root\]\.interactions\[\d+\]\./, '');
      if (type === 'warning') warnings.push(`${pact.source}: "${interaction.description}": ${message}`);
      else problems.push({ type: code, path, message });
    }
  } catch (error) {
    const why = (error as Error).message.split('\n', 1)[0];
    problems.push({ type: 'error', message: `cannot be compared without a server: ${why}` });
  }
  const status = problems.length === 0 ? 'passed' : interaction.mayFail ? 'pending' : 'failed';
  const fix = problems.length === 0 ? [] : NO_SERVER_FIX;
  return { result: createResult(pact, interaction, { status, problems, fix }), warnings };
}

/** Compares the requests and answers of pacts with the description of the service, without any server. */
export async function verifyStatically(
  pacts: readonly Pact[],
  { cwd, provider, showSecrets, failOnPending }: StaticOptions,
): Promise<VerificationReport> {
  const { Comparator } = createRequire(import.meta.url)(findLibrary('comparator', cwd)) as Library;
  const document = parse(readFileSync(new URL('contracts/openapi.yaml', ROOT), 'utf8'));
  // Version 1 takes the document itself, version 2 under this name.
  const comparator = new Comparator({ ...document, oas: document });
  const results: Result[] = [];
  const warnings: string[] = [];

  for (const pact of pacts) {
    const mask = showSecrets ? NO_MASKING : createMasking(findSecrets(pact.document));
    for (const interaction of pact.interactions) {
      const { result, warnings: own } =
        interaction.problems.length > 0
          ? { result: createFailure(pact, interaction, interaction.problems), warnings: [] }
          : interaction.kind === 'message'
            ? { result: createResult(pact, interaction, { status: 'skipped' }), warnings: [] }
            : await compareInteraction(comparator, pact, interaction);
      results.push(maskResult(result, mask));
      warnings.push(...own.map(mask.maskText));
    }
  }
  if (results.some(({ status }) => status === 'skipped'))
    warnings.push('OpenAPI does not describe events; verify them without --static');
  return { provider, results, notes: [], warnings, failures: [], failOnPending };
}
