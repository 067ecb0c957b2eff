import { useId } from 'preact/hooks';
import { formatOffset } from './format.ts';
import { PARTIES, type Party, type SequenceMessage } from './sequence.ts';

/** In units of the drawing, which scales to the available width. */
const TIME_COLUMN_WIDTH = 104;
const LANE = 190;
const WIDTH = TIME_COLUMN_WIDTH + LANE * PARTIES.length;
const HEAD = 52;
const ROW = 46;
const LOOP = 34;
/** Roughly the number of letters that fit between two lanes. */
const MAX_LABEL_LENGTH = 31;

/** A failure is not marked by colour alone. */
const BAD = '✕';

const getLaneX = (party: Party): number => TIME_COLUMN_WIDTH + LANE * (PARTIES.indexOf(party) + 0.5);
const truncate = (text: string, maxLength: number): string =>
  text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;

/** An arrow with its label. A label that is too long is shown in full as a tooltip, and in the list. */
function Arrow({
  message,
  row,
  head,
}: {
  readonly message: SequenceMessage;
  readonly row: number;
  readonly head: string;
}) {
  const { from, to, text, note, tone = 'plain' } = message;
  const y = HEAD + ROW * row + 30;
  const [start, end] = [getLaneX(from), getLaneX(to)];
  const isSelf = from === to;
  const middle = isSelf ? start + 10 : (start + end) / 2;
  const spans = Math.max(1, Math.abs(end - start) / LANE);
  const path = isSelf
    ? `M${start} ${y - 12}h${LOOP}v12H${start + 2}`
    : `M${start} ${y}H${end + (end > start ? -2 : 2)}`;
  const maxLength = Math.floor(MAX_LABEL_LENGTH * spans);
  const label = tone === 'bad' ? `${BAD} ${text}` : text;
  return (
    <g class={`message ${tone}`}>
      <title>{note === undefined ? text : `${text} (${note})`}</title>
      <text
        class="label"
        x={isSelf ? start + LOOP + 8 : middle}
        y={isSelf ? y - 6 : y - 7}
        text-anchor={isSelf ? 'start' : 'middle'}
      >
        {truncate(label, maxLength)}
      </text>
      {note !== undefined && (
        <text
          class="note"
          x={isSelf ? start + LOOP + 8 : middle}
          y={isSelf ? y + 8 : y + 13}
          text-anchor={isSelf ? 'start' : 'middle'}
        >
          {truncate(note, maxLength)}
        </text>
      )}
      {/* Over the background of the letters. */}
      <path d={path} marker-end={`url(#${head})`} />
    </g>
  );
}

/** The messages of a call from top to bottom: a drawing, or a list where there is no room for one. */
export function SequenceDiagram({
  messages,
  name,
}: {
  readonly messages: readonly SequenceMessage[];
  readonly name: string;
}) {
  // A page may contain several diagrams, and ids must be unique.
  const head = useId();
  const begin = messages[0]?.at ?? 0;
  const height = HEAD + ROW * messages.length + 24;
  return (
    <figure class="sequence">
      <svg viewBox={`0 0 ${WIDTH} ${height}`} aria-hidden="true">
        <defs>
          <marker
            id={head}
            class="head"
            viewBox="0 0 10 10"
            refX="9"
            refY="5"
            markerWidth="7"
            markerHeight="7"
            orient="auto-start-reverse"
          >
            <path d="M0 0L10 5L0 10z" />
          </marker>
        </defs>
        {PARTIES.map((party) => (
          <g class={`party ${party}`} key={party}>
            <path d={`M${getLaneX(party)} ${HEAD - 8}V${height}`} />
            <rect x={getLaneX(party) - 62} y="8" width="124" height="30" rx="8" />
            <text x={getLaneX(party)} y="28" text-anchor="middle">
              {party}
            </text>
          </g>
        ))}
        {messages.map((message, row) => (
          <g key={row}>
            {message.at !== messages[row - 1]?.at && (
              <text class="time" x={TIME_COLUMN_WIDTH - 12} y={HEAD + ROW * row + 34} text-anchor="end">
                {formatOffset(message.at - begin)}
              </text>
            )}
            <Arrow message={message} row={row} head={head} />
          </g>
        ))}
      </svg>
      <ol aria-label={`Sequence of ${name}`}>
        {messages.map(({ at, from, to, text, note, tone }, row) => (
          <li key={row} class={tone}>
            <span class="time">{formatOffset(at - begin)}</span>{' '}
            <b>{from === to ? from : `${from} → ${to}`}</b> {tone === 'bad' && `${BAD} `}
            {text}
            {note !== undefined && <i> {note}</i>}
          </li>
        ))}
      </ol>
    </figure>
  );
}
