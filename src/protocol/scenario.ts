import { type Static, Type } from 'typebox';
import { type CallState, isOver, leadsTo, possibleActions } from '../domain/call.ts';
import { AGENT_ACTIONS, type Scenario, type Step } from '../domain/scenario.ts';
import { DURATION, type Ms, parseDuration } from '../domain/time.ts';
import { ERROR_CODES } from '../guide/events.ts';
import type { Format, Mismatch } from './mismatch.ts';

export const ScenarioName = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,63}$',
  title: 'scenario name',
  description: 'a small letter and then up to 63 small letters, digits and hyphens',
});

const Duration = Type.String({
  pattern: DURATION.source,
  title: 'duration',
  description: 'a number and its unit ms, s, m or h, as in 2s or 1.5h',
});

const CLOSED = { additionalProperties: false };
const AgentStep = Type.Object(
  { after: Duration, agent: Type.Enum(AGENT_ACTIONS, { title: 'agent action' }) },
  CLOSED,
);
const FailStep = Type.Object(
  { after: Duration, fail: Type.Enum(ERROR_CODES, { title: 'code of an error event' }) },
  CLOSED,
);

/** Each kind of step is told by the key that it demands and no other kind knows. */
const WrittenStep = Type.Union([AgentStep, FailStep], {
  title: 'step',
  description: 'a map, as in { after: 2s, agent: join }',
});

const MOST_STEPS = 1000;

const schema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: ScenarioName,
    description: Type.Optional(Type.String({ title: 'description', description: 'text' })),
    steps: Type.Array(WrittenStep, {
      maxItems: MOST_STEPS,
      title: 'list of steps',
      description: `at most ${MOST_STEPS} steps, or [] for a call that is driven by hand`,
    }),
  },
  { ...CLOSED, title: 'scenario', description: 'a map with name and steps' },
);

/** A scenario as it is written in a file. */
export type WrittenScenario = Static<typeof schema>;
type WrittenStep = Static<typeof WrittenStep>;

/** Throws a TypeError when `text` was never checked against the schema. */
function lengthOf(text: string): Ms {
  const length = parseDuration(text);
  if (length === undefined) throw new TypeError(`"${text}" is not a duration`);
  return length;
}

const toStep = (written: WrittenStep): Step => ({ ...written, after: lengthOf(written.after) });

/** The scenario that `written`, which must fit {@link SCENARIO}, describes. */
export const toScenario = ({ name, description, steps }: WrittenScenario): Scenario => ({
  name,
  ...(description !== undefined && { description }),
  steps: steps.map(toStep),
});

const stateAfter = (step: WrittenStep): CallState => ('agent' in step ? leadsTo(step.agent) : 'error');

/** Each step is held against the state that the one before leads to, so that one mistake is told once. */
function misplacedSteps({ steps }: WrittenScenario): Mismatch[] {
  let state: CallState = 'waiting-room';
  return steps.flatMap((step, index): Mismatch[] => {
    const message = whyNot(step, state);
    if (!isOver(state)) state = stateAfter(step);
    return message === undefined
      ? []
      : [{ path: ['steps', index], at: 'value', message: `step: ${message}` }];
  });
}

function whyNot(step: WrittenStep, state: CallState): string | undefined {
  if (isOver(state)) return `nothing can follow here, the call is over (state ${state})`;
  const possible = possibleActions(state);
  if (!('agent' in step) || possible.includes(step.agent)) return undefined;
  return `the agent cannot ${step.agent} in state ${state}; possible: ${possible.join(', ')}`;
}

const LONGEST = lengthOf('100000h');

/** Instants have a last one, and a script has to end before it. */
function tooLong({ steps }: WrittenScenario): Mismatch[] {
  const total = steps.reduce((sum, { after }) => sum + lengthOf(after), 0);
  const message = 'steps: last longer than 100000h together';
  return total > LONGEST ? [{ path: ['steps'], at: 'key', message }] : [];
}

/** What a scenario file must be. */
export const SCENARIO: Format<typeof schema> = {
  schema,
  beyond: (written, isSound) => (isSound(['steps']) ? [...misplacedSteps(written), ...tooLong(written)] : []),
};
