import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as Type from 'typebox';
import { Check } from 'typebox/value';
import { CallAnswer } from '../../control/schema/calls.ts';
import { CoverageAnswer, leaveOut } from '../../control/schema/coverage.ts';
import { FindingAnswer, RequestAnswer } from '../../control/schema/journal.ts';
import { TokenAnswer } from '../../control/schema/tokens.ts';
import { SITUATIONS } from '../../domain/coverage.ts';
import { BadUsage } from '../../options/bad-usage.ts';
import type { ReportSnapshot } from '../../pages/report/snapshot.ts';

/** The file of a report that other reports are merged from. */
const DATA_FILE = 'report.json';

const Snapshot = Type.Object({
  version: Type.String(),
  at: Type.String(),
  clients: Type.Array(Type.String()),
  calls: Type.Array(CallAnswer),
  tokens: Type.Array(TokenAnswer),
  requests: Type.Array(RequestAnswer),
  findings: Type.Array(FindingAnswer),
  coverage: CoverageAnswer,
});

interface Shard {
  /** The folder, as it was given. */
  readonly name: string;
  readonly snapshot: ReportSnapshot;
}

/** Reads the data of a report, or returns what is wrong with it. */
function readShard(name: string, cwd: string): Shard | string {
  const file = join(name, DATA_FILE);
  try {
    const data: unknown = JSON.parse(readFileSync(resolve(cwd, file), 'utf8'));
    return Check(Snapshot, data)
      ? { name, snapshot: data }
      : `--merge: ${file} is not the data of a report of this version; write the report again`;
  } catch (error) {
    return error instanceof SyntaxError
      ? `--merge: ${file} is not JSON; write the report again`
      : `--merge: ${file} cannot be read: ${(error as Error).message}; give folders that report --out or exec --report has written`;
  }
}

/** Clients of one name in several shards are different clients: each gets the name of its shard. */
function withOwnNames({ name, snapshot }: Shard, ambiguous: ReadonlySet<string>): ReportSnapshot {
  const rename = (id: string) => (ambiguous.has(id) ? `${id} (${name})` : id);
  const renameNullable = (id: string | null) => (id === null ? null : rename(id));
  const { clients, calls, tokens, requests, findings } = snapshot;
  return {
    ...snapshot,
    clients: clients.map(rename),
    calls: calls.map((one) => ({ ...one, client_id: rename(one.client_id) })),
    tokens: tokens.map((one) => ({ ...one, client_id: rename(one.client_id) })),
    requests: requests.map((one) => ({ ...one, client_id: renameNullable(one.client_id) })),
    findings: findings.map((one) => ({ ...one, client_id: renameNullable(one.client_id) })),
  };
}

/** What any of them asks for, without what any of them ignores; played if it was in one of them. */
function mergeCoverage(parts: readonly ReportSnapshot['coverage'][]): ReportSnapshot['coverage'] {
  const asked = new Map<string, ReportSnapshot['coverage']['items'][number]>();
  for (const one of parts.flatMap(({ items }) => items))
    asked.set(one.id, asked.get(one.id)?.played ? { ...one, played: true } : one);
  const order = Object.keys(SITUATIONS);
  const items = [...asked.values()].toSorted((a, b) => order.indexOf(a.id) - order.indexOf(b.id));
  const ignored = parts.flatMap((part) => part.ignored.map(({ id, reason }) => ({ situation: id, reason })));
  return leaveOut({ items, ignored: [] }, ignored);
}

/**
 * Merges the reports in these folders, as if one simulator had seen everything.
 *
 * @throws {BadUsage} with every folder that holds no report
 */
export function mergeReports(folders: readonly string[], cwd: string): ReportSnapshot {
  const paths = folders.map((folder) => resolve(cwd, folder));
  // One folder may be given several times, in several spellings.
  const different = folders.filter((_, at) => paths.indexOf(paths[at] ?? '') === at);
  const read = different.map((folder) => readShard(folder, cwd));
  const problems = read.filter((one) => typeof one === 'string');
  if (problems.length > 0) throw new BadUsage(problems);
  const shards = read.filter((one) => typeof one !== 'string');
  const all = shards.flatMap(({ snapshot }) => snapshot.clients);
  const ambiguous = new Set(all.filter((id, place) => all.indexOf(id) !== place));
  const parts = shards.map((shard) => withOwnNames(shard, ambiguous));
  return {
    version: [...new Set(parts.map(({ version }) => version))].join(', '),
    at:
      parts
        .map(({ at }) => at)
        .toSorted()
        .at(-1) ?? '',
    clients: parts.flatMap(({ clients }) => clients),
    calls: parts.flatMap(({ calls }) => calls).toSorted((a, b) => compare(a.opened_at, b.opened_at)),
    tokens: parts.flatMap(({ tokens }) => tokens),
    requests: parts.flatMap(({ requests }) => requests).toSorted((a, b) => compare(a.at, b.at)),
    findings: parts.flatMap(({ findings }) => findings),
    coverage: mergeCoverage(parts.map(({ coverage }) => coverage)),
  };
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
