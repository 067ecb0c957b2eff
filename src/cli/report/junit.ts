import { formatJunitXml, type TestSuite } from '../../contracts/junit-xml.ts';
import { describeSeen, RULES } from '../../domain/finding.ts';
import type { ReportSnapshot } from '../../pages/report/snapshot.ts';

type Finding = ReportSnapshot['findings'][number];

/** Per rule; the rest is counted. */
const MAX_SEEN = 50;

/** The text of one finding. */
function toFailure(first: Finding, findings: readonly Finding[]): TestSuite['cases'][number]['outcome'] {
  const { severity, title, guide, fix } = first;
  const more = findings.length - MAX_SEEN;
  return {
    tag: 'failure',
    message: `${severity}: ${title}`,
    text: [
      ...findings.slice(0, MAX_SEEN).map(describeSeen),
      ...(more > 0 ? [`and ${more} more`] : []),
      `guide: section ${guide}`,
      `fix: ${fix}`,
    ].join('\n'),
  };
}

function toSuite(client: string | null, findings: readonly Finding[]): TestSuite {
  const whose = client === null ? '' : `: ${client}`;
  // A newer simulator may have more rules.
  const rules = new Set([...Object.keys(RULES), ...findings.map(({ rule }) => rule)]);
  return {
    name: `mock-veridas findings${whose}`,
    cases: [...rules].map((rule) => {
      const own = findings.filter((finding) => finding.rule === rule);
      const [first] = own;
      const base = {
        className: client === null ? 'mock-veridas' : `mock-veridas.${client}`,
        name: rule,
        seconds: 0,
      };
      return first === undefined ? base : { ...base, outcome: toFailure(first, own) };
    }),
  };
}

/** The findings as JUnit XML: one suite per client, one test per rule. */
export function formatJunit({ clients, findings }: ReportSnapshot): string {
  const ofClients = findings.flatMap(({ client_id: id }) => id ?? []);
  const suites = [...new Set([...clients, ...ofClients])].map((id) =>
    toSuite(
      id,
      findings.filter(({ client_id }) => client_id === id),
    ),
  );
  const unassigned = findings.filter(({ client_id }) => client_id === null);
  return formatJunitXml(unassigned.length === 0 ? suites : [...suites, toSuite(null, unassigned)]);
}
