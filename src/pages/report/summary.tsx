import type { CallAnswer } from '../../control/schema/calls.ts';
import { CALL_STATES } from '../../domain/call-state.ts';
import { isRefused } from '../../domain/journal.ts';
import { TOKEN_STATES } from '../../domain/token.ts';
import { formatCount, STATE_LABELS } from '../components/format.ts';
import { formatCallName, NOT_OPENED_ANCHOR, toAnchor } from './naming.ts';
import { countByKind, hasFailed, isEndUnheard, selectNotOpened } from './selection.ts';
import type { ReportSnapshot } from './snapshot.ts';

interface FigureProps {
  readonly what: string;
  readonly count: number;
  /** The kinds of items: class, name and count of each. */
  readonly kinds: readonly (readonly [string, string, number])[];
}

function Figure({ what, count, kinds }: FigureProps) {
  return (
    <li class="card">
      <p>
        <b class="figure">{formatCount(count)}</b> {what}
      </p>
      <p>
        {kinds.map(([kind, name, many]) => (
          <span class={`state ${kind}`} key={kind}>
            {formatCount(many)} {name}
          </span>
        ))}
      </p>
    </li>
  );
}

const MAX_LINKS = 20;

/** Links to calls that need a look. */
function CallLinks({ name, calls }: { readonly name: string; readonly calls: readonly CallAnswer[] }) {
  if (calls.length === 0) return null;
  return (
    <p class="failed">
      {name}:{' '}
      {calls.slice(0, MAX_LINKS).map((call) => (
        <a href={`#${toAnchor(call)}`} key={toAnchor(call)}>
          {formatCallName(call)}
        </a>
      ))}
      {calls.length > MAX_LINKS && `and ${formatCount(calls.length - MAX_LINKS)} more`}
    </p>
  );
}

/** The totals, and the calls that need a look. */
export function Summary({ snapshot }: { readonly snapshot: ReportSnapshot }) {
  const { calls, tokens, requests, findings, coverage } = snapshot;
  const frames = selectNotOpened(snapshot);
  const without = frames.shown.length + frames.others.length;
  const missing = coverage.total - coverage.played;
  const refused = requests.filter(isRefused).length;
  return (
    <section aria-labelledby="summary">
      <h2 id="summary">Summary</h2>
      <ul class="figures">
        <Figure
          what={findings.length === 1 ? 'finding' : 'findings'}
          count={findings.length}
          kinds={countByKind(findings, ['error', 'warning'] as const, ({ severity }) => severity).map(
            ([severity, many]) => [severity, many === 1 ? severity : `${severity}s`, many],
          )}
        />
        <Figure
          what={calls.length === 1 ? 'call' : 'calls'}
          count={calls.length}
          kinds={countByKind(calls, CALL_STATES, ({ state }) => state).map(([state, many]) => [
            state,
            STATE_LABELS[state],
            many,
          ])}
        />
        <Figure
          what={tokens.length === 1 ? 'access token' : 'access tokens'}
          count={tokens.length}
          kinds={countByKind(tokens, TOKEN_STATES, ({ state }) => state).map(([state, many]) => [
            state,
            state,
            many,
          ])}
        />
        <Figure
          what={requests.length === 1 ? 'request' : 'requests'}
          count={requests.length}
          kinds={refused === 0 ? [] : [['warning', 'refused', refused]]}
        />
        <Figure
          what={`of ${coverage.total} situations played`}
          count={coverage.played}
          kinds={missing === 0 ? [] : [['warning', 'not played yet', missing]]}
        />
      </ul>
      <CallLinks name="Failed" calls={calls.filter(hasFailed).toReversed()} />
      <CallLinks name="End never heard" calls={calls.filter(isEndUnheard).toReversed()} />
      {without > 0 && (
        <p class="failed">
          <a href={`#${NOT_OPENED_ANCHOR}`}>
            {formatCount(without)} {without === 1 ? 'frame' : 'frames'} without a call
          </a>
        </p>
      )}
    </section>
  );
}
