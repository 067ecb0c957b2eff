import type { ComponentChildren } from 'preact';
import type { CoverageAnswer } from '../../control/schema/coverage.ts';
import { HOW_TO_PLAY } from '../../domain/coverage.ts';
import { toSentence } from './format.ts';
import { Table } from './table.tsx';

type Situation = CoverageAnswer['items'][number];

interface CoverageProps {
  readonly coverage: CoverageAnswer;
  /** What plays a situation, where something here can. */
  readonly toAction?: (situation: Situation) => ComponentChildren;
}

function Titles({ name, titles }: { readonly name: string; readonly titles: readonly string[] }) {
  if (titles.length === 0) return null;
  return (
    <details>
      <summary>
        {name}: {titles.length}
      </summary>
      <ul class="soft">
        {titles.map((title) => (
          <li key={title}>{toSentence(title)}</li>
        ))}
      </ul>
    </details>
  );
}

/** How to play a situation, step by step. A server of another version may have situations that are not known here. */
const Steps = ({ situation: { play, counts } }: { readonly situation: Situation }) => (
  <div>
    <ol class="steps">
      {play.split('; ').map((step, index) => {
        const [words = '', request] = step.split(/((?:POST|PUT|PATCH) \/__admin.*)/);
        return (
          <li key={index}>
            {toSentence(words)}
            {request !== undefined && <code>{request}</code>}
          </li>
        );
      })}
    </ol>
    <p class="soft">Counts when {counts}</p>
  </div>
);

/** The situations that were not played yet, with how to play each, and those that were. */
export function Coverage({ coverage: { items, ignored }, toAction }: CoverageProps) {
  const missing = items.filter(({ played }) => !played);
  return (
    <>
      <p class="soft">
        Played means that it has reached your integration, not that it has reacted well: your tests have to
        check that.
      </p>
      {missing.length > 0 && <p class="soft">{HOW_TO_PLAY}</p>}
      {missing.length > 0 && (
        <Table
          name="Situations not played yet"
          heads={['Not played yet', 'Guide', 'How to play it', ...(toAction ? ['Action'] : [])]}
          rows={missing.map((situation) => ({
            key: situation.id,
            cells: [
              <span>
                {toSentence(situation.title)} <code class="soft">{situation.id}</code>
              </span>,
              situation.guide,
              <Steps situation={situation} />,
              ...(toAction ? [toAction(situation)] : []),
            ],
          }))}
        />
      )}
      <Titles name="Played" titles={items.flatMap(({ played, title }) => (played ? [title] : []))} />
      <Titles name="Ignored" titles={ignored.map(({ title, reason }) => `${title}: ${reason}`)} />
    </>
  );
}
