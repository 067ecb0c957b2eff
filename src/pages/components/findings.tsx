import type { FindingAnswer } from '../../control/schema/journal.ts';
import { formatCount, toSentence } from './format.ts';

/** The findings of each rule, the most severe rules first. */
function groupByRule(findings: readonly FindingAnswer[]): FindingAnswer[][] {
  const groups = new Map<string, FindingAnswer[]>();
  for (const finding of findings) groups.set(finding.rule, [...(groups.get(finding.rule) ?? []), finding]);
  return [...groups.values()].toSorted(
    ([a], [b]) => Number(b?.severity === 'error') - Number(a?.severity === 'error'),
  );
}

/** Findings: each mistake once, with everything that was seen of it. */
export function Findings({ findings }: { readonly findings: readonly FindingAnswer[] }) {
  if (findings.length === 0) return <p class="soft empty">No findings</p>;
  return (
    <ul class="findings">
      {groupByRule(findings).map((group) =>
        group.slice(0, 1).map(({ rule, severity, title, fix, guide }) => (
          <li key={rule} class={severity}>
            <p>
              <span class={`state ${severity}`}>{severity}</span> <b>{toSentence(title)}</b>
            </p>
            {group.map(({ client_id, seen, times }) => (
              <p class="soft" key={JSON.stringify([client_id, seen])}>
                {client_id ?? 'unknown client'} · {seen}
                {times > 1 && ` · ${formatCount(times)} times`}
              </p>
            ))}
            <p class="soft">
              guide {guide} · <code>{rule}</code>
            </p>
            <p>
              <span class="fix">How to fix:</span> {fix}.
            </p>
          </li>
        )),
      )}
    </ul>
  );
}
