import { useEffect, useRef } from 'preact/hooks';
import { isOver } from '../../domain/call-state.ts';
import { AGENT_ACTIONS, type AgentAction, toWaitName } from '../../domain/scenario.ts';
import { ERROR_CODES, EVENTS } from '../../guide/events.ts';
import { formatDateTime, STATE_LABELS } from '../components/format.ts';
import { createSequence } from '../components/sequence.ts';
import { SequenceDiagram } from '../components/sequence-diagram.tsx';
import type { ConsoleParts } from './messages.ts';
import { formatPlayedScenario, nameScenario } from './played-scenario.ts';
import { toCall } from './queue.tsx';
import type { OnOrder } from './steer.ts';

type CallDetails = NonNullable<ConsoleParts['call']>;

const ACTION_LABELS: Record<AgentAction, string> = {
  join: 'Join',
  start: 'Start',
  record: 'Record',
  leave: 'Leave',
  end: 'End',
};

/** The usual next action of an agent. */
const USUAL_ORDER: readonly AgentAction[] = ['join', 'start', 'end'];

interface AgentBarProps {
  readonly call: CallDetails['call'];
  readonly onCommand: OnOrder;
}

/** The agent's buttons. An impossible action keeps its button, so that keyboard focus is not lost. */
function AgentBar({ call, onCommand }: AgentBarProps) {
  const { possible_actions: possible, state } = call;
  const signal = AGENT_ACTIONS.some((action) => toWaitName(action) === call.waits_for)
    ? null
    : call.waits_for;
  const next = signal === null ? USUAL_ORDER.find((action) => possible.includes(action)) : undefined;
  return (
    <fieldset class="agent-bar">
      <legend class="unseen">Agent actions</legend>
      {signal !== null && (
        <button
          type="button"
          class="primary"
          onClick={() =>
            onCommand('POST /calls/:validation_id/signals', { ...toCall(call), body: { name: signal } })
          }
        >
          Send signal {signal}
        </button>
      )}
      {AGENT_ACTIONS.map((action) => (
        <button
          type="button"
          key={action}
          class={action === next ? 'primary' : ''}
          aria-disabled={!possible.includes(action)}
          onClick={() =>
            possible.includes(action) &&
            onCommand('POST /calls/:validation_id/agent', { ...toCall(call), body: { action } })
          }
        >
          {ACTION_LABELS[action]}
        </button>
      ))}
      <label class="unseen" for="fail">
        Fail the call
      </label>
      <select
        id="fail"
        value=""
        disabled={isOver(state)}
        onChange={({ currentTarget: { value } }) => {
          const code = ERROR_CODES.find((one) => one === value);
          if (code !== undefined)
            onCommand('POST /calls/:validation_id/fail', { ...toCall(call), body: { code } });
        }}
      >
        <option value="">Fail with…</option>
        {ERROR_CODES.map((code) => (
          <option key={code} value={code}>
            {code}
          </option>
        ))}
      </select>
      <label class="unseen" for="post">
        Post an event
      </label>
      <select
        id="post"
        value=""
        onChange={({ currentTarget: { value } }) => {
          const event = Object.values(EVENTS).find(({ code }) => code === value);
          if (event !== undefined)
            onCommand('POST /calls/:validation_id/events', { ...toCall(call), body: event });
        }}
      >
        <option value="">Post event…</option>
        {Object.keys(EVENTS).map((code) => (
          <option key={code} value={code}>
            {code}
          </option>
        ))}
      </select>
      <a
        class="save"
        download={`${nameScenario(call)}.yaml`}
        href={`data:application/yaml;charset=utf-8,${encodeURIComponent(formatPlayedScenario(call))}`}
      >
        Save as scenario
      </a>
    </fieldset>
  );
}

interface CallPanelProps {
  readonly shown: CallDetails;
  /** The call that the user has selected, if any. */
  readonly chosen: string | undefined;
  readonly onCommand: OnOrder;
}

/** The details of one call. */
export function CallPanel({ shown, chosen, onCommand }: CallPanelProps) {
  const { call } = shown;
  const heading = useRef<HTMLHeadingElement>(null);
  // The pressed button may have left the queue by now, so focus moves here for keyboard users.
  useEffect(() => {
    if (chosen !== undefined) heading.current?.focus();
  }, [chosen]);
  const { validation_id, client_id, n, state, scenario, opened_at, waits_for: waitsFor, page } = call;
  return (
    <section class="card call-panel" aria-labelledby="call">
      <header>
        <h2 id="call" ref={heading} tabIndex={-1}>
          {validation_id}
          {n > 1 && <span class="n"> call {n}</span>}{' '}
          <span class={`state ${state}`}>{STATE_LABELS[state]}</span>
        </h2>
        <p class="soft">
          client {client_id} · scenario {scenario} · opened {formatDateTime(opened_at)} · page{' '}
          {page === 'open' ? 'open' : 'not open'}
          {waitsFor !== null && ` · the script waits for ${waitsFor}`}
        </p>
      </header>
      <AgentBar call={call} onCommand={onCommand} />
      <SequenceDiagram messages={createSequence(shown)} name={`the call for ${validation_id}`} />
    </section>
  );
}
