import { useId } from 'preact/hooks';
import { type Message, PARTIES, type Party } from './sequence.ts';
import { offset } from './words.ts';

/** In units of the drawing, which is as wide as its place lets it be. */
const TIMES = 104;
const LANE = 190;
const WIDTH = TIMES + LANE * PARTIES.length;
const HEAD = 52;
const ROW = 46;
const LOOP = 34;
/** About as many letters as fit between two lanes. */
const MOST_LETTERS = 31;

/** What went wrong is not told by its colour alone. */
const BAD = '✕';

const laneOf = (party: Party): number => TIMES + LANE * (PARTIES.indexOf(party) + 0.5);
const cut = (text: string, most: number): string =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text;

/** One arrow with its words. What does not fit is told when the pointer rests on it, and in the list. */
function Arrow({
  message,
  row,
  head,
}: {
  readonly message: Message;
  readonly row: number;
  readonly head: string;
}) {
  const { from, to, text, note, tone = 'plain' } = message;
  const y = HEAD + ROW * row + 30;
  const [start, end] = [laneOf(from), laneOf(to)];
  const isAlone = from === to;
  const middle = isAlone ? start + 10 : (start + end) / 2;
  const spans = Math.max(1, Math.abs(end - start) / LANE);
  const path = isAlone
    ? `M${start} ${y - 12}h${LOOP}v12H${start + 2}`
    : `M${start} ${y}H${end + (end > start ? -2 : 2)}`;
  const most = Math.floor(MOST_LETTERS * spans);
  const label = tone === 'bad' ? `${BAD} ${text}` : text;
  return (
    <g class={`message ${tone}`}>
      <title>{note === undefined ? text : `${text} (${note})`}</title>
      <path d={path} marker-end={`url(#${head})`} />
      <text
        class="label"
        x={isAlone ? start + LOOP + 8 : middle}
        y={isAlone ? y - 6 : y - 7}
        text-anchor={isAlone ? 'start' : 'middle'}
      >
        {cut(label, most)}
      </text>
      {note !== undefined && (
        <text
          class="note"
          x={isAlone ? start + LOOP + 8 : middle}
          y={isAlone ? y + 8 : y + 13}
          text-anchor={isAlone ? 'start' : 'middle'}
        >
          {cut(note, most)}
        </text>
      )}
    </g>
  );
}

/** What went between whom, from top to bottom: as a picture, and in words where there is no room for one. */
export function SequenceDiagram({
  messages,
  name,
}: {
  readonly messages: readonly Message[];
  readonly name: string;
}) {
  // Many may stand in one page, and an id means one of them.
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
            <path d={`M${laneOf(party)} ${HEAD - 8}V${height}`} />
            <rect x={laneOf(party) - 62} y="8" width="124" height="30" rx="8" />
            <text x={laneOf(party)} y="28" text-anchor="middle">
              {party}
            </text>
          </g>
        ))}
        {messages.map((message, row) => (
          <g key={row}>
            {message.at !== messages[row - 1]?.at && (
              <text class="time" x={TIMES - 12} y={HEAD + ROW * row + 34} text-anchor="end">
                {offset(message.at - begin)}
              </text>
            )}
            <Arrow message={message} row={row} head={head} />
          </g>
        ))}
      </svg>
      <ol aria-label={`sequence of ${name}`}>
        {messages.map(({ at, from, to, text, note, tone }, row) => (
          <li key={row} class={tone}>
            <span class="time">{offset(at - begin)}</span> <b>{from === to ? from : `${from} → ${to}`}</b>{' '}
            {tone === 'bad' && `${BAD} `}
            {text}
            {note !== undefined && <i> {note}</i>}
          </li>
        ))}
      </ol>
    </figure>
  );
}
