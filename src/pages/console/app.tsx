import { useState } from 'preact/hooks';
import type { CallAnswer } from '../../control/schema/calls.ts';
import { ADMIN, CONSOLE } from '../../control/schema/paths.ts';
import { Findings } from '../components/findings.tsx';
import { CallPanel } from './call-panel.tsx';
import { Clients } from './clients.tsx';
import { ClockBar } from './clock-bar.tsx';
import { useConsoleQuery } from './console-query.ts';
import { type ConnectionState, useConsoleStream } from './console-stream.ts';
import { CoveragePanel } from './coverage.tsx';
import { Faults } from './faults.tsx';
import { Journal } from './journal.tsx';
import type { ConsoleParts } from './messages.ts';
import { NoCall } from './no-call.tsx';
import { EndedCalls, Queue } from './queue.tsx';
import { ResetMenu } from './reset-menu.tsx';
import { type OnOrder, steering } from './steer.ts';
import { createTimeReader } from './times.ts';
import { Tokens } from './tokens.tsx';

/** The outcome of the user's latest request. */
interface Notice {
  readonly text: string;
  readonly isBad: boolean;
}

const CONNECTION_LABELS: Record<ConnectionState['state'], string> = {
  connecting: 'Connecting…',
  live: 'Live',
  away: 'The simulator is disconnected. This page reconnects by itself.',
};

/** What an answer of the control API means for the user; most changes show by themselves. */
function describeOutcome(answer: unknown): string {
  const { page, posted_after_ms: after } = (answer ?? {}) as { page?: string; posted_after_ms?: number };
  if (page === 'posted')
    return `The page posted the event${after === undefined ? '' : ` after ${after} ms`}.`;
  if (page === 'none') return 'Done. No page of this call is open, so no event was posted.';
  if (page === 'unconfirmed')
    return 'Done. The page is open, but has not confirmed that it posted the event.';
  return '';
}

interface ScenarioPickerProps extends Pick<ConsoleParts, 'clients' | 'scenarios'> {
  /** The default scenario. */
  readonly usual: string | undefined;
  readonly clientId: string | undefined;
  readonly onCommand: OnOrder;
}

/** The scenario of a client's next calls. */
function ScenarioPicker({ clients, scenarios, usual, clientId, onCommand }: ScenarioPickerProps) {
  const client = clients.find((one) => one.client_id === clientId);
  if (client === undefined) {
    return (
      <label>
        <span>Scenario of new calls</span>
        <select disabled>
          <option>Choose a client first</option>
        </select>
      </label>
    );
  }
  return (
    <label>
      <span>Scenario of new calls</span>
      <select
        value={client.scenario ?? usual}
        onChange={({ currentTarget: { value } }) =>
          onCommand('PATCH /clients/:client_id', {
            parameters: { client_id: client.client_id },
            body: { scenario: value },
          })
        }
      >
        {scenarios.map(({ name, description }) => (
          <option key={name} value={name} title={description ?? ''}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Whether the content is live, and whether the connection was lost. */
function ConnectionStatus({
  link,
  trouble,
}: {
  readonly link: ConnectionState;
  readonly trouble: string | undefined;
}) {
  const text =
    trouble ??
    (link.state === 'live' && link.again
      ? 'Live again: the connection was lost for a while'
      : CONNECTION_LABELS[link.state]);
  return (
    <p class={`link ${trouble === undefined ? link.state : 'away'}`} role="status">
      {text}
    </p>
  );
}

/** The whole console. */
export function App() {
  const [place, go] = useConsoleQuery();
  const { parts, link, problem } = useConsoleStream(place);
  const [notice, setNotice] = useState<Notice>();
  const {
    server,
    clients = [],
    clock,
    scenarios = [],
    calls,
    call,
    tokens,
    findings,
    coverage,
    faults,
    journal,
    ...unshown
  } = parts;
  // A part that is not used above does not compile.
  unshown satisfies Record<string, never>;
  // A single client need not be named.
  const clientId = place.client_id ?? (clients.length === 1 ? clients[0]?.client_id : undefined);
  const isUnknown =
    parts.clients !== undefined &&
    place.client_id !== undefined &&
    !clients.some((one) => one.client_id === place.client_id);
  const timeOf = createTimeReader(parts);

  const runCommand = steering({
    onDone: (answer) => setNotice({ text: describeOutcome(answer), isBad: false }),
    onFailed: (text) => setNotice({ text, isBad: true }),
  });
  const choose = ({ client_id, validation_id, n }: CallAnswer) =>
    go({ call_client_id: client_id, validation_id, n: String(n) });
  const callListProps = { timeOf, chosen: call?.call, onChoose: choose, onCommand: runCommand };
  const isChosen = place.validation_id !== undefined;
  const chooseNewest = () => go({ call_client_id: undefined, validation_id: undefined, n: undefined });
  const chooseClient = (id: string | undefined) =>
    go({ client_id: id, call_client_id: undefined, validation_id: undefined, n: undefined });

  return (
    <>
      <header class="top">
        <h1>
          mock-veridas <span>console</span>
        </h1>
        <ConnectionStatus link={link} trouble={problem} />
        <div class="controls">
          <label>
            <span>Client</span>
            <select
              value={place.client_id ?? ''}
              onChange={({ currentTarget: { value } }) => chooseClient(value === '' ? undefined : value)}
            >
              <option value="">All clients</option>
              {isUnknown && <option value={place.client_id}>{place.client_id} (removed)</option>}
              {clients.map(({ client_id: id }) => (
                <option key={id} value={id}>
                  {id}
                </option>
              ))}
            </select>
          </label>
          <ScenarioPicker
            clients={clients}
            scenarios={scenarios}
            usual={server?.scenario}
            clientId={clientId}
            onCommand={runCommand}
          />
          {clock !== undefined && (
            <ClockBar clock={clock} clientId={place.client_id} onCommand={runCommand} />
          )}
          <ResetMenu clientId={place.client_id} onCommand={runCommand} />
        </div>
      </header>
      <p class={`notice ${notice?.isBad ? 'bad' : ''}`} role={notice?.isBad ? 'alert' : 'status'}>
        {notice?.text}
      </p>
      <main class={link.state}>
        {calls !== undefined && (
          <div class="queue">
            <Queue calls={calls} {...callListProps} />
          </div>
        )}
        <section class="card found" aria-labelledby="findings">
          <h2 id="findings">
            Findings <span class="count">{findings?.length ?? 0}</span>
          </h2>
          {findings !== undefined && <Findings findings={findings} />}
        </section>
        <div class="close">
          {call ? (
            <CallPanel
              shown={call}
              chosen={
                isChosen ? JSON.stringify([place.call_client_id, place.validation_id, place.n]) : undefined
              }
              onCommand={runCommand}
            />
          ) : (
            call === null && (
              <NoCall isMissing={isChosen} onNewest={chooseNewest} browserUrl={server?.browser_url} />
            )
          )}
        </div>
        {calls !== undefined && (
          <div class="over">
            <EndedCalls calls={calls} {...callListProps} />
          </div>
        )}
        <div class="lists">
          <section class="card" aria-labelledby="tokens">
            <h2 id="tokens">
              Tokens <span class="count">{tokens?.total ?? 0}</span>
            </h2>
            {tokens !== undefined && <Tokens tokens={tokens} timeOf={timeOf} />}
          </section>
          <section class="card" aria-labelledby="journal">
            <h2 id="journal">Journal</h2>
            {journal !== undefined && <Journal journal={journal} place={place} onFilter={go} />}
          </section>
          <section class="card" aria-labelledby="coverage">
            <h2 id="coverage">
              Coverage <span class="count">{coverage && `${coverage.played} of ${coverage.total}`}</span>
            </h2>
            {coverage !== undefined && (
              <CoveragePanel
                coverage={coverage}
                client={clients.find((one) => one.client_id === clientId)}
                faults={faults ?? []}
                onCommand={runCommand}
              />
            )}
          </section>
          <section class="card" aria-labelledby="faults">
            <h2 id="faults">
              Faults <span class="count">{faults?.length ?? 0}</span>
            </h2>
            {faults !== undefined && (
              <Faults faults={faults} clientId={place.client_id} onCommand={runCommand} />
            )}
          </section>
          <section class="card" aria-labelledby="clients">
            <h2 id="clients">
              Clients <span class="count">{clients.length}</span>
            </h2>
            <Clients clients={clients} onChoose={chooseClient} />
          </section>
        </div>
      </main>
      <footer>
        mock-veridas {server?.version}, answer profile {server?.profile}: an unofficial stand-in for tests.
        You can also do everything here through the <a href={`${ADMIN}/openapi.json`}>control API</a>.{' '}
        <a href={`${CONSOLE}/report.html`} download>
          Download the report
        </a>
      </footer>
    </>
  );
}
