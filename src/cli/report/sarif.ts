import { createHash } from 'node:crypto';
import { RULES, type Rule, type RuleId } from '../../domain/finding.ts';
import type { Snapshot } from '../../pages/report/snapshot.ts';

type Finding = Snapshot['findings'][number];

const IDS = Object.keys(RULES) as RuleId[];

const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function rule(id: RuleId) {
  const { severity, guide, title, fix }: Rule = RULES[id];
  return {
    id,
    shortDescription: { text: sentence(title) },
    help: { text: `${sentence(fix)} See section ${guide} of the guide.` },
    defaultConfiguration: { level: severity },
    properties: { guide },
  };
}

/** As it stands in a message, where brackets would make a link and braces a placeholder. SARIF 2.1.0, 3.11.5 and 3.11.6. */
const plain = (text: string): string => text.replace(/[[\]\\]/g, '\\$&').replace(/[{}]/g, '$&$&');

/** What differs from run to run without being another mistake: free ports, and tails of tokens. */
const PASSING = /(?<=[\w\]]):\d{2,5}\b|…\w{4}\b/g;

/** The same in every run for the same mistake, whoever has made it: tests make clients of their own. */
function fingerprint({ rule: id, seen }: Finding): string {
  const what = JSON.stringify([id, seen.replace(PASSING, '')]);
  return createHash('sha256').update(what).digest('hex').slice(0, 32);
}

/** In a URI every folder and file name stands for itself. */
const uriOf = (file: string): string => file.split('/').map(encodeURIComponent).join('/');

function result(finding: Finding, source: string | undefined) {
  const { rule: id, severity, title, seen, times, guide, fix, client_id, first_at, last_at } = finding;
  const name = client_id ?? 'no client';
  return {
    ruleId: id,
    ruleIndex: IDS.indexOf(id),
    level: severity,
    message: { text: `${sentence(title)} Seen: ${plain(seen)}. How to fix: ${fix}.` },
    occurrenceCount: times,
    partialFingerprints: { 'mockVeridasFinding/v1': fingerprint(finding) },
    locations: [
      {
        ...(source !== undefined && {
          physicalLocation: { artifactLocation: { uri: uriOf(source) }, region: { startLine: 1 } },
        }),
        logicalLocations: [{ name, fullyQualifiedName: `client ${name}`, kind: 'client' }],
      },
    ],
    properties: { client_id, guide, first_at, last_at },
  };
}

/**
 * The findings as SARIF 2.1.0. They were seen in requests and pages, so that no file can be blamed for them.
 *
 * @param source a file of the repository to which they are ascribed, for readers that insist on one
 */
export function sarifOf({ version, at, findings }: Snapshot, source?: string): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'mock-veridas', version, semanticVersion: version, rules: IDS.map(rule) } },
        invocations: [{ executionSuccessful: true, endTimeUtc: at }],
        results: findings.map((finding) => result(finding, source)),
      },
    ],
  };
  return `${JSON.stringify(log, null, 2)}\n`;
}
