import { CALL_STATES } from '../../domain/call-state.ts';
import { Coverage } from '../components/coverage.tsx';
import { Findings } from '../components/findings.tsx';
import { formatCount, formatDateTime, STATE_LABELS } from '../components/format.ts';
import { Others } from '../components/others.tsx';
import { Requests } from '../components/requests.tsx';
import { Call } from './call.tsx';
import { NOT_OPENED_ANCHOR, toAnchor } from './naming.ts';
import { countByKind, groupByClient, selectCalls, selectNotOpened, selectRequests } from './selection.ts';
import type { ReportSnapshot } from './snapshot.ts';
import { Summary } from './summary.tsx';

function NotOpened({ snapshot }: { readonly snapshot: ReportSnapshot }) {
  const { shown, others } = selectNotOpened(snapshot);
  const count = shown.length + others.length;
  if (count === 0) return null;
  return (
    <details class="card call error" id={NOT_OPENED_ANCHOR} open>
      <summary>
        <h3>
          Frames without a call <span class="state error">{formatCount(count)}</span>
        </h3>
        <span class="soft">pages that opened no call or could not return to one, with the reason</span>
      </summary>
      <Requests name="Frames without a call" requests={shown} />
      <Others count={others.length} />
    </details>
  );
}

function Calls({ snapshot }: { readonly snapshot: ReportSnapshot }) {
  const { shown, others } = selectCalls(snapshot);
  const known = groupByClient(snapshot);
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">
        Calls <span class="count">{formatCount(snapshot.calls.length)}</span>
      </h2>
      {snapshot.calls.length === 0 && <p class="soft empty">No calls</p>}
      <NotOpened snapshot={snapshot} />
      {shown.map((call) => (
        <Call key={toAnchor(call)} call={call} {...known(call.client_id)} />
      ))}
      {others.length > 0 && (
        <p class="soft more">
          and {formatCount(others.length)} older:{' '}
          {countByKind(others, CALL_STATES, ({ state }) => state)
            .map(([state, many]) => `${formatCount(many)} ${STATE_LABELS[state]}`)
            .join(', ')}
        </p>
      )}
    </section>
  );
}

function Journal({ snapshot }: { readonly snapshot: ReportSnapshot }) {
  const { shown, others } = selectRequests(snapshot);
  return (
    <section aria-labelledby="requests">
      <h2 id="requests">
        Requests <span class="count">{formatCount(snapshot.requests.length)}</span>
      </h2>
      {shown.length === 0 ? (
        <p class="soft empty">No requests</p>
      ) : (
        <details class="card">
          <summary>
            Journal, newest first{others.length > 0 && ` (${formatCount(shown.length)} shown)`}
          </summary>
          <Requests requests={shown} />
          <Others count={others.length} />
        </details>
      )}
    </section>
  );
}

/** The whole report, the most important first. */
export function Report({ snapshot }: { readonly snapshot: ReportSnapshot }) {
  const { version, at, findings, coverage } = snapshot;
  return (
    <>
      <header>
        <h1>
          mock-veridas <span>report</span>
        </h1>
        <p class="soft">
          version {version} · <time dateTime={at}>{formatDateTime(at)} UTC</time>
        </p>
      </header>
      <main>
        <Summary snapshot={snapshot} />
        <section aria-labelledby="findings">
          <h2 id="findings">
            Findings <span class="count">{formatCount(findings.length)}</span>
          </h2>
          <div class="card">
            <Findings findings={findings} />
          </div>
        </section>
        <Calls snapshot={snapshot} />
        <section aria-labelledby="coverage">
          <h2 id="coverage">
            Coverage{' '}
            <span class="count">
              {coverage.played} of {coverage.total}
            </span>
          </h2>
          <div class="card">
            <Coverage coverage={coverage} />
          </div>
        </section>
        <Journal snapshot={snapshot} />
      </main>
      <footer>
        Created by mock-veridas, an unofficial stand-in for Veridas VideocallManager. Calls and requests show
        the time of their client's clock.
      </footer>
    </>
  );
}
