import type { ComponentChildren } from 'preact';
import { CALL_STATES } from '../../domain/call.ts';
import { isRefused } from '../../domain/journal.ts';
import { TOKEN_STATES } from '../../domain/token.ts';
import { figure, STATES } from '../components/words.ts';
import { anchorOf, NOT_OPENED, nameOf } from './naming.ts';
import { counts, hasFailed, notOpened } from './selection.ts';
import type { Snapshot } from './snapshot.ts';

interface Counted {
  readonly what: string;
  readonly count: number;
  /** Of what kinds they are: the class and the name of each, and how many. */
  readonly kinds: readonly (readonly [string, string, number])[];
  readonly children?: ComponentChildren;
}

function Figure({ what, count, kinds }: Counted) {
  return (
    <li class="card">
      <p>
        <b class="figure">{figure(count)}</b> {what}
      </p>
      <p>
        {kinds.map(([kind, name, many]) => (
          <span class={`state ${kind}`} key={kind}>
            {figure(many)} {name}
          </span>
        ))}
      </p>
    </li>
  );
}

/** How much there is of everything, and which calls have failed. */
export function Summary({ snapshot }: { readonly snapshot: Snapshot }) {
  const { calls, tokens, requests, findings } = snapshot;
  const failed = calls.filter(hasFailed).toReversed();
  const frames = notOpened(snapshot);
  const without = frames.shown.length + frames.others.length;
  const refused = requests.filter(isRefused).length;
  return (
    <section aria-labelledby="summary">
      <h2 id="summary">Summary</h2>
      <ul class="figures">
        <Figure
          what={findings.length === 1 ? 'finding' : 'findings'}
          count={findings.length}
          kinds={counts(findings, ['error', 'warning'] as const, ({ severity }) => severity).map(
            ([severity, many]) => [severity, many === 1 ? severity : `${severity}s`, many],
          )}
        />
        <Figure
          what={calls.length === 1 ? 'call' : 'calls'}
          count={calls.length}
          kinds={counts(calls, CALL_STATES, ({ state }) => state).map(([state, many]) => [
            state,
            STATES[state],
            many,
          ])}
        />
        <Figure
          what={tokens.length === 1 ? 'access token' : 'access tokens'}
          count={tokens.length}
          kinds={counts(tokens, TOKEN_STATES, ({ state }) => state).map(([state, many]) => [
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
      </ul>
      {failed.length > 0 && (
        <p class="failed">
          Failed:{' '}
          {failed.slice(0, 20).map((call) => (
            <a href={`#${anchorOf(call)}`} key={anchorOf(call)}>
              {nameOf(call)}
            </a>
          ))}
          {failed.length > 20 && `and ${figure(failed.length - 20)} more`}
        </p>
      )}
      {without > 0 && (
        <p class="failed">
          <a href={`#${NOT_OPENED}`}>
            {figure(without)} {without === 1 ? 'frame' : 'frames'} without a call
          </a>
        </p>
      )}
    </section>
  );
}
