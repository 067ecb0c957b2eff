import type { ComponentChildren } from 'preact';
import type { CallAnswer } from '../../control/schema/calls.ts';
import type { ValidationAnswer } from '../../control/schema/validations.ts';
import { isOver } from '../../domain/call-state.ts';
import { formatCount, formatLength, getEnd, STATE_LABELS } from '../components/format.ts';
import { Others } from '../components/others.tsx';
import type { ConsoleParts } from './messages.ts';
import type { OnOrder } from './steer.ts';
import type { ReadTime } from './times.ts';

/** Whom to call next, and the state of the other calls. */

interface CallListProps {
  readonly timeOf: ReadTime;
  readonly chosen: CallAnswer | undefined;
  readonly onChoose: (call: CallAnswer) => void;
  readonly onCommand: OnOrder;
}

/** How a request names a call. */
export const toCall = ({
  client_id,
  validation_id,
  n,
}: Pick<CallAnswer, 'client_id' | 'validation_id' | 'n'>) => ({
  parameters: { validation_id },
  query: { client_id, n: String(n) },
});

const isSameCall = (a: CallAnswer | undefined, b: CallAnswer): boolean =>
  a !== undefined && a.client_id === b.client_id && a.validation_id === b.validation_id && a.n === b.n;

const formatElapsed = (now: number, since: string): string =>
  formatLength(Math.max(0, Math.floor((now - Date.parse(since)) / 1000) * 1000));

/** Whether its client has closed the page before the call was over. */
const hasLeft = ({ page, state }: CallAnswer): boolean => page === 'none' && !isOver(state);

/** Clients who have left stand last. */
const sortByPresence = (calls: readonly CallAnswer[]): CallAnswer[] =>
  calls.toSorted((a, b) => Number(hasLeft(a)) - Number(hasLeft(b)));

/** The state of a call, in few words. */
function describeCall(call: CallAnswer, now: number) {
  if (call.state === 'waiting-room' && call.possible_actions.length === 0)
    return 'not confirmed, so no agent sees it';
  if (isOver(call.state)) return `${formatElapsed(now, getEnd(call) ?? call.opened_at)} ago`;
  return `for ${formatElapsed(now, call.opened_at)}${hasLeft(call) ? ', page closed' : ''}`;
}

function CallRow({
  call,
  timeOf,
  chosen,
  onChoose,
  onCommand,
}: CallListProps & { readonly call: CallAnswer }) {
  const { client_id, validation_id, n, state, scenario, possible_actions: possible } = call;
  return (
    <li
      class={`call ${state} ${hasLeft(call) ? 'left' : ''}`}
      aria-current={isSameCall(chosen, call) ? 'true' : undefined}
    >
      <button type="button" class="choose" onClick={() => onChoose(call)}>
        <span class={`state ${state}`}>{STATE_LABELS[state]}</span>
        <b>{validation_id}</b>
        {n > 1 && <span class="n"> call {n}</span>}
        <span class="soft">
          {client_id} · {scenario} · {describeCall(call, timeOf(client_id))}
        </span>
      </button>
      {possible.includes('join') && (
        <button
          type="button"
          onClick={() => {
            onChoose(call);
            onCommand('POST /calls/:validation_id/agent', { ...toCall(call), body: { action: 'join' } });
          }}
        >
          Join<span class="unseen"> {validation_id}</span>
        </button>
      )}
    </li>
  );
}

function ValidationRow({
  validation: { client_id, validation_id, confirmed },
  onOrder,
}: {
  readonly validation: ValidationAnswer;
  readonly onOrder: OnOrder;
}) {
  return (
    <li class="validation">
      <span class="choose">
        <span class="state none">no call yet</span>
        <b>{validation_id}</b>
        <span class="soft">
          {client_id ?? 'all clients'}
          {confirmed === false && ' · not confirmed'}
        </span>
      </span>
      {confirmed === false && (
        <button
          type="button"
          onClick={() =>
            onOrder('PUT /validations/:validation_id', {
              parameters: { validation_id },
              query: client_id === null ? {} : { client_id },
              body: { confirmed: true },
            })
          }
        >
          Confirm<span class="unseen"> {validation_id}</span>
        </button>
      )}
    </li>
  );
}

const getCallKey = ({ client_id, validation_id, n }: CallAnswer): string =>
  JSON.stringify([client_id, validation_id, n]);

interface CallGroupProps extends CallListProps {
  readonly name: string;
  readonly calls: readonly CallAnswer[];
  readonly total: number;
}

/** Calls in the same state. */
function CallGroup({
  name,
  calls,
  total,
  children,
  ...choosing
}: CallGroupProps & { readonly children?: ComponentChildren }) {
  return (
    <section class="card" aria-label={name}>
      <h2>
        {name} <span class="count">{formatCount(total)}</span>
      </h2>
      <ul class="calls">
        {sortByPresence(calls).map((call) => (
          <CallRow key={getCallKey(call)} call={call} {...choosing} />
        ))}
        {children}
      </ul>
      <Others count={total - calls.length} what="more" />
    </section>
  );
}

interface QueueProps extends CallListProps {
  readonly calls: ConsoleParts['calls'];
}

/** The queue as an agent sees it: clients in the waiting room first, then validations without a call. */
export function Queue({ calls: { waiting, unopened, live, counts }, ...choosing }: QueueProps) {
  return (
    <>
      <CallGroup name="Waiting room" calls={waiting} total={counts['waiting-room']} {...choosing}>
        {waiting.length + unopened.length === 0 && (
          <li class="soft empty">
            No one is waiting. A call appears here when a page opens /call with a valid token.
          </li>
        )}
        {unopened.map((validation) => (
          <ValidationRow
            key={JSON.stringify([validation.client_id, validation.validation_id])}
            validation={validation}
            onOrder={choosing.onCommand}
          />
        ))}
      </CallGroup>
      {live.length > 0 && (
        <CallGroup
          name="With an agent"
          calls={live}
          total={counts.loading + counts['in-call']}
          {...choosing}
        />
      )}
    </>
  );
}

/** Calls that are over. */
export const EndedCalls = ({ calls: { over, counts }, ...choosing }: QueueProps) =>
  over.length > 0 ? (
    <CallGroup name="Finished" calls={over} total={counts.ended + counts.error} {...choosing} />
  ) : null;
