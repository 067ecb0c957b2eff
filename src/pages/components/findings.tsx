import type { FindingAnswer } from '../../control/schema/journal.ts';
import { formatCount, toSentence } from './format.ts';

/** Findings, the most severe first. */
export function Findings({ findings }: { readonly findings: readonly FindingAnswer[] }) {
  if (findings.length === 0) return <p class="soft empty">No findings</p>;
  const worstFirst = findings.toSorted((a, b) =>
    a.severity < b.severity ? -1 : a.severity > b.severity ? 1 : 0,
  );
  return (
    <ul class="findings">
      {worstFirst.map(({ rule, severity, title, seen, times, fix, guide, client_id }) => (
        <li key={JSON.stringify([client_id, rule, seen])} class={severity}>
          <p>
            <span class={`state ${severity}`}>{severity}</span> <b>{toSentence(title)}</b>
          </p>
          <p class="soft">
            {client_id ?? 'unknown client'} · {seen}
            {times > 1 && ` · ${formatCount(times)} times`} · guide {guide} · <code>{rule}</code>
          </p>
          <p>
            <span class="fix">How to fix:</span> {fix}.
          </p>
        </li>
      ))}
    </ul>
  );
}
