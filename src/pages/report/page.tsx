import { CALL_STATES } from '../../domain/call.ts';
import { Findings } from '../components/findings.tsx';
import { Others } from '../components/others.tsx';
import { Requests } from '../components/requests.tsx';
import { clockTime, figure, STATES } from '../components/words.ts';
import { Call } from './call.tsx';
import { anchorOf, NOT_OPENED } from './naming.ts';
import { byClient, chosenCalls, chosenRequests, counts, notOpened } from './selection.ts';
import type { Snapshot } from './snapshot.ts';
import { Summary } from './summary.tsx';

function NotOpened({ snapshot }: { readonly snapshot: Snapshot }) {
  const { shown, others } = notOpened(snapshot);
  const count = shown.length + others.length;
  if (count === 0) return null;
  return (
    <details class="card call error" id={NOT_OPENED} open>
      <summary>
        <h3>
          Frames without a call <span class="state error">{figure(count)}</span>
        </h3>
        <span class="soft">what came to no call, or could not come back to one, and why</span>
      </summary>
      <Requests name="Frames without a call" requests={shown} />
      <Others count={others.length} />
    </details>
  );
}

function Calls({ snapshot }: { readonly snapshot: Snapshot }) {
  const { shown, others } = chosenCalls(snapshot);
  const known = byClient(snapshot);
  return (
    <section aria-labelledby="calls">
      <h2 id="calls">
        Calls <span class="count">{figure(snapshot.calls.length)}</span>
      </h2>
      {snapshot.calls.length === 0 && <p class="soft empty">No call was opened.</p>}
      <NotOpened snapshot={snapshot} />
      {shown.map((call) => (
        <Call key={anchorOf(call)} call={call} {...known(call.client_id)} />
      ))}
      {others.length > 0 && (
        <p class="soft more">
          and {figure(others.length)} older {others.length === 1 ? 'one' : 'ones'}:{' '}
          {counts(others, CALL_STATES, ({ state }) => state)
            .map(([state, many]) => `${figure(many)} ${STATES[state]}`)
            .join(', ')}
        </p>
      )}
    </section>
  );
}

function Journal({ snapshot }: { readonly snapshot: Snapshot }) {
  const { shown, others } = chosenRequests(snapshot);
  return (
    <section aria-labelledby="requests">
      <h2 id="requests">
        Requests <span class="count">{figure(snapshot.requests.length)}</span>
      </h2>
      {shown.length === 0 ? (
        <p class="soft empty">Nothing was asked of the imitated service.</p>
      ) : (
        <details class="card">
          <summary>
            The journal, the newest first{others.length > 0 && `: ${figure(shown.length)} of them`}
          </summary>
          <Requests requests={shown} />
          <Others count={others.length} />
        </details>
      )}
    </section>
  );
}

/** All of the report: what is worst comes first. */
export function Report({ snapshot }: { readonly snapshot: Snapshot }) {
  const { version, at, findings } = snapshot;
  return (
    <>
      <header>
        <h1>
          mock-veridas <span>report</span>
        </h1>
        <p class="soft">
          version {version} · <time dateTime={at}>{clockTime(at)} UTC</time>
        </p>
      </header>
      <main>
        <Summary snapshot={snapshot} />
        <section aria-labelledby="findings">
          <h2 id="findings">
            Findings <span class="count">{figure(findings.length)}</span>
          </h2>
          <div class="card">
            <Findings findings={findings} />
          </div>
        </section>
        <Calls snapshot={snapshot} />
        <Journal snapshot={snapshot} />
      </main>
      <footer>
        Made by mock-veridas, an unofficial stand-in for Veridas VideocallManager. Times of calls and requests
        are those of their clients' clocks.
      </footer>
    </>
  );
}
