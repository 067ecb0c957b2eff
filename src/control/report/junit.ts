import { formatJunitXml, type TestSuite } from '../../contracts/junit-xml.ts';
import { describeSeen, type Occasion, RULES, type RuleId } from '../../domain/finding.ts';
import { CALL_PATHS } from '../../pages/call/messages.ts';
import { measureCall, STATE_LABELS } from '../../pages/components/format.ts';
import { formatCallName } from '../../pages/report/naming.ts';
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

type Data = Pick<ReportSnapshot, 'calls' | 'tokens' | 'requests' | 'findings'>;

/** Whether there was an occasion, and what is missing otherwise. */
const OCCASIONS: Readonly<Record<Occasion, readonly [string, (data: Data) => boolean]>> = {
  authentication: [
    'no request to /o/',
    ({ requests }) => requests.some(({ path }) => path.startsWith('/o/')),
  ],
  token: ['no access token was issued', ({ tokens }) => tokens.length > 0],
  frame: ['no request to /call', ({ requests }) => requests.some(({ path }) => path === CALL_PATHS.page)],
  call: ['no call was opened', ({ calls }) => calls.length > 0],
  page: [
    'no browser ran the page of a call',
    ({ calls }) => calls.some(({ pages }) => pages.some(({ diagnostics }) => diagnostics !== null)),
  ],
};

function judge(rule: string, data: Data): TestSuite['cases'][number]['outcome'] {
  const own = data.findings.filter((finding) => finding.rule === rule);
  if (own[0] !== undefined) return toFailure(own[0], own);
  const [missing, had] = OCCASIONS[RULES[rule as RuleId].occasion];
  return had(data) ? undefined : { tag: 'skipped', text: missing };
}

function createFindingSuite(client: string | null, data: Data): TestSuite {
  const whose = client === null ? '' : `: ${client}`;
  // A newer simulator may have more rules.
  const rules = new Set([...Object.keys(RULES), ...data.findings.map(({ rule }) => rule)]);
  return {
    name: `mock-veridas findings${whose}`,
    cases: [...rules].map((rule) => ({
      className: client === null ? 'mock-veridas' : `mock-veridas.${client}`,
      name: rule,
      seconds: 0,
      outcome: judge(rule, data),
    })),
  };
}

/** A call has no verdict: an error may be what the test wants. */
function toCallCase(call: ReportSnapshot['calls'][number]): TestSuite['cases'][number] {
  const { client_id: client, scenario, state } = call;
  const length = measureCall(call);
  return {
    className: `mock-veridas.${client}`,
    name: `${formatCallName(call)}: ${STATE_LABELS[state]}, scenario ${scenario}`,
    seconds: (length ?? 0) / 1000,
    ...(length === undefined && {
      outcome: { tag: 'skipped', text: 'the call had not ended when the report was written' },
    }),
  };
}

/** Properties, not tests: a situation that was not played is no failure. */
const createCoverageSuite = ({ items, total, played, ignored }: ReportSnapshot['coverage']): TestSuite => ({
  name: 'mock-veridas coverage',
  properties: [
    ['coverage.played', String(played)],
    ['coverage.total', String(total)],
    ...items.map((one) => [`coverage.${one.id}`, one.played ? 'played' : 'not played'] as const),
    ...ignored.map(({ id, reason }) => [`coverage.${id}`, `ignored: ${reason}`] as const),
  ],
  cases: [],
});

/**
 * The findings as JUnit XML: one suite per client with one test per rule, and one suite for the calls. One without tests has
 * the coverage as its properties.
 */
export function formatJunit({
  clients,
  calls,
  tokens,
  requests,
  findings,
  coverage,
}: ReportSnapshot): string {
  const ofClients = findings.flatMap(({ client_id: id }) => id ?? []);
  const select = (id: string | null): Data => {
    const isOwn = ({ client_id }: { readonly client_id: string | null }) => client_id === id;
    return {
      calls: calls.filter(isOwn),
      tokens: tokens.filter(isOwn),
      requests: requests.filter(isOwn),
      findings: findings.filter(isOwn),
    };
  };
  const suites = [...new Set([...clients, ...ofClients])].map((id) => createFindingSuite(id, select(id)));
  const unassigned = select(null);
  return formatJunitXml([
    ...suites,
    ...(unassigned.findings.length === 0 ? [] : [createFindingSuite(null, unassigned)]),
    createCoverageSuite(coverage),
    ...(calls.length === 0 ? [] : [{ name: 'mock-veridas calls', cases: calls.map(toCallCase) }]),
  ]);
}
