import type { Static } from 'typebox';
import * as Type from 'typebox';
import {
  type CallState,
  isAnnounced,
  isOver,
  possibleActions,
  stateAfterAction,
} from '../../domain/call-state.ts';
import {
  AGENT_ACTIONS,
  type AgentAction,
  DELIVERY_FAULTS,
  type Scenario,
  type Step,
  toWaitName,
} from '../../domain/scenario.ts';
import { DURATION_PATTERN, formatDuration, type Ms, parseDuration } from '../../domain/time.ts';
import { ERROR_CODES } from '../../guide/events.ts';
import type { Format, Mismatch } from './mismatch.ts';

export const ScenarioName = Type.String({
  pattern: '^[a-z][a-z0-9-]{0,63}$',
  title: 'scenario name',
  description: 'a lower-case letter, then up to 63 lower-case letters, digits and hyphens',
});

export const Duration = Type.String({
  pattern: DURATION_PATTERN.source,
  title: 'duration',
  description: 'a number and its unit ms, s, m or h, such as 2s or 1.5h',
});

const NO_EXTRA_KEYS = { additionalProperties: false };

const delivery = {
  delivery: Type.Optional(
    Type.Enum(DELIVERY_FAULTS, {
      title: 'delivery',
      description: 'the way in which the delivery of the event is faulty',
    }),
  ),
};
const AgentStep = Type.Object(
  { after: Duration, agent: Type.Enum(AGENT_ACTIONS, { title: 'agent action' }), ...delivery },
  NO_EXTRA_KEYS,
);
const FailStep = Type.Object(
  { after: Duration, fail: Type.Enum(ERROR_CODES, { title: 'code of an error event' }), ...delivery },
  NO_EXTRA_KEYS,
);
/** An event of any form; also used by the control API. */
export const AnyEvent = Type.Object(
  {
    type: Type.Enum(['info', 'error'], { title: 'type of an event' }),
    code: Type.String({ minLength: 1, maxLength: 200, title: 'code', description: 'text' }),
    message: Type.String({ maxLength: 1000, title: 'message', description: 'text' }),
  },
  { ...NO_EXTRA_KEYS, title: 'event', description: 'a map with type, code and message' },
);
const PostStep = Type.Object({ after: Duration, post: AnyEvent, ...delivery }, NO_EXTRA_KEYS);
const WaitStep = Type.Object(
  {
    wait_for: Type.String({
      pattern: '^[a-z][a-z0-9-]{0,63}$',
      title: 'event to wait for',
      description: `${AGENT_ACTIONS.map(toWaitName).join(', ')} or a signal's name`,
    }),
    timeout: Type.Optional(Duration),
  },
  NO_EXTRA_KEYS,
);

/** Each kind of step has a key that it requires and no other kind has. */
const WrittenStep = Type.Union([AgentStep, FailStep, PostStep, WaitStep], {
  title: 'step',
  description: 'a map such as { after: 2s, agent: join }',
});

const MAX_STEPS = 1000;

const schema = Type.Object(
  {
    $schema: Type.Optional(Type.String()),
    name: ScenarioName,
    description: Type.Optional(Type.String({ title: 'description', description: 'text' })),
    steps: Type.Array(WrittenStep, {
      maxItems: MAX_STEPS,
      title: 'list of steps',
      description: `at most ${MAX_STEPS} steps, or [] for a call that is driven by hand`,
    }),
  },
  { ...NO_EXTRA_KEYS, title: 'scenario', description: 'a map with name and steps' },
);

/** A scenario as a file writes it. */
export type WrittenScenario = Static<typeof schema>;
type WrittenStep = Static<typeof WrittenStep>;

/** Parses a duration that fits the schema. Throws a TypeError for any other text. */
export function toDurationMs(text: string): Ms {
  const length = parseDuration(text);
  if (length === undefined) throw new TypeError(`"${text}" is not a duration`);
  return length;
}

function toStep(written: WrittenStep): Step {
  if (!('wait_for' in written)) return { ...written, after: toDurationMs(written.after) };
  const { wait_for: waitFor, timeout } = written;
  return { waitFor, ...(timeout !== undefined && { timeout: toDurationMs(timeout) }) };
}

/** Parses the scenario `written`, which must fit {@link SCENARIO}. */
export const toScenario = ({ name, description, steps }: WrittenScenario): Scenario => ({
  name,
  ...(description !== undefined && { description }),
  steps: steps.map(toStep),
});

function toWrittenStep(step: Step): WrittenStep {
  if (!('waitFor' in step)) return { ...step, after: formatDuration(step.after) } as WrittenStep;
  const { waitFor, timeout } = step;
  return { wait_for: waitFor, ...(timeout !== undefined && { timeout: formatDuration(timeout) }) };
}

/** Formats a scenario as a file would write it. */
export const toWrittenScenario = ({ name, description, steps }: Scenario): WrittenScenario => ({
  name,
  ...(description !== undefined && { description }),
  steps: steps.map(toWrittenStep),
});

/** The agent action of a step, or the one that it waits for. */
const getAgentAction = (step: WrittenStep): AgentAction | undefined =>
  'agent' in step
    ? step.agent
    : AGENT_ACTIONS.find((action) => 'wait_for' in step && toWaitName(action) === step.wait_for);

/**
 * The state after a step, or undefined when it cannot be foreseen: a wait with a timeout may continue without its action.
 */
function predictState(step: WrittenStep, state: CallState | undefined): CallState | undefined {
  if ('fail' in step) return 'error';
  const action = getAgentAction(step);
  if (action === undefined) return state;
  return 'timeout' in step ? undefined : stateAfterAction(action);
}

/** Each step is checked against the state after the one before it, so that one mistake is reported once. */
function findMisplacedSteps({ steps }: WrittenScenario): Mismatch[] {
  let state: CallState | undefined = 'waiting-room';
  return steps.flatMap((step, index): Mismatch[] => {
    const message =
      index === 0
        ? (explainFirstStep(step) ?? explainStep(step, state, steps.slice(1)))
        : explainStep(step, state, steps.slice(index + 1));
    if (state === undefined || !isOver(state)) state = predictState(step, state);
    return message === undefined
      ? []
      : [{ path: ['steps', index], at: 'value', message: `step: ${message}` }];
  });
}

const emitsEvent = (step: WrittenStep): boolean =>
  !('wait_for' in step) && !('agent' in step && !isAnnounced(step.agent));

/** A call that fails at once has no script: its page shows the error from the start, which no delivery fault can affect. */
const explainFirstStep = (step: WrittenStep): string | undefined =>
  'fail' in step && step.delivery !== undefined && toDurationMs(step.after) === 0
    ? 'delivery: a call that fails immediately posts no event to deliver; give it an after'
    : undefined;

function explainStep(
  step: WrittenStep,
  state: CallState | undefined,
  later: WrittenStep[],
): string | undefined {
  if (state !== undefined && isOver(state)) return `no step can follow: the call is over (state ${state})`;
  const action = getAgentAction(step);
  if ('wait_for' in step && step.wait_for.startsWith('agent-') && action === undefined) {
    return `the agent has no action for ${step.wait_for}; use ${AGENT_ACTIONS.map(toWaitName).join(', ')}`;
  }
  const possible = state === undefined ? AGENT_ACTIONS : possibleActions(state);
  if (action !== undefined && !possible.includes(action)) {
    return `the agent cannot ${action} in state ${state}; possible: ${possible.join(', ')}`;
  }
  if (!('delivery' in step) || step.delivery === undefined) return undefined;
  if (!emitsEvent(step)) return `delivery: there is nothing to deliver, because ${action} posts no event`;
  if (step.delivery === 'reorder' && !later.some(emitsEvent)) {
    return 'delivery: reorder needs a later step that posts an event';
  }
  return undefined;
}

const MAX_TOTAL_MS = toDurationMs('100000h');

/** A script must end before the last representable instant. */
function checkTotalLength({ steps }: WrittenScenario): Mismatch[] {
  const total = steps.reduce(
    (sum, step) => sum + toDurationMs(('after' in step ? step.after : step.timeout) ?? '0s'),
    0,
  );
  const message = 'steps: together they last longer than 100000h';
  return total > MAX_TOTAL_MS ? [{ path: ['steps'], at: 'key', message }] : [];
}

/** The format of a scenario file. */
export const SCENARIO: Format<typeof schema> = {
  schema,
  beyond: (written, isSound) =>
    isSound(['steps']) ? [...findMisplacedSteps(written), ...checkTotalLength(written)] : [],
};
