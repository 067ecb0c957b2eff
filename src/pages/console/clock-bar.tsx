import type { ClockAnswer } from '../../control/schema/clock.ts';
import { formatDateTime } from '../components/format.ts';
import type { OnOrder } from './steer.ts';

const ADVANCE_STEPS = [
  ['10s', '10 seconds'],
  ['1m', '1 minute'],
  ['10m', '10 minutes'],
  ['1h', '1 hour'],
] as const;

interface ClockBarProps {
  readonly clock: ClockAnswer;
  /** The client whose clock it is; undefined for the default clock. */
  readonly clientId: string | undefined;
  readonly onCommand: OnOrder;
}

/** Virtual time, with buttons to advance or freeze it. */
export function ClockBar({ clock: { now, frozen, offsetMs }, clientId, onCommand }: ClockBarProps) {
  const query = clientId === undefined ? {} : { client_id: clientId };
  const isVirtual = frozen || Math.abs(offsetMs) > 500;
  return (
    <fieldset class="clock">
      <legend class="unseen">Clock</legend>
      <span class="owner">{clientId === undefined ? 'Common clock' : `Clock of ${clientId}`}</span>
      <time dateTime={now} title="Virtual time, in UTC">
        {formatDateTime(now)}
      </time>
      {isVirtual && <span class="badge">{frozen ? 'Clock frozen' : 'Clock shifted'}</span>}
      {ADVANCE_STEPS.map(([by, words]) => (
        <button
          type="button"
          key={by}
          title={`Advance the clock by ${words}`}
          onClick={() => onCommand('POST /clock/advance', { query, body: { by } })}
        >
          +{by}
          <span class="unseen"> {words} forward</span>
        </button>
      ))}
      <button
        type="button"
        onClick={() => onCommand(frozen ? 'POST /clock/resume' : 'POST /clock/freeze', { query })}
      >
        {frozen ? 'Resume' : 'Freeze'}
        <span class="unseen"> the clock</span>
      </button>
    </fieldset>
  );
}
