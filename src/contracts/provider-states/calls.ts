import type { Impossible } from '../../domain/call.ts';
import type { AgentAction, Deed, Scenario } from '../../domain/scenario.ts';
import { ms } from '../../domain/time.ts';
import type { ErrorCode } from '../../guide/events.ts';
import { type Stage, StateRefused, type TokenNaming } from './stage.ts';
import type { Params } from './table.ts';

/** A script that does nothing: what happens in the call is done by the states. */
const QUIET: Scenario = { name: 'provider-state', steps: [] };
/** A script by which the calls that come later are turned away. */
const DOWN: Scenario = {
  name: 'provider-state-down',
  steps: [{ after: ms(0), fail: 'VideocallServerNotOperational' }],
};

const PAGE = 'provider-state';

interface CallNaming extends TokenNaming {
  readonly validation_id?: string;
}

const whyNot = ({ hidden, state }: Impossible): string =>
  hidden ? 'no agent sees it before its validation is confirmed' : `it is in state "${state}"`;

/** A call that is open, with what it was opened with. */
async function opened(stage: Stage, naming: CallNaming) {
  const { accessToken, clientId } = await stage.token(naming);
  const { simulator } = stage;
  const validationId = stage.validationId(naming.validation_id);
  await simulator.scenarios.put(QUIET, clientId);
  await simulator.validations.set(validationId, { exists: true, scenario: QUIET.name }, clientId);
  const opening = await simulator.openings.open(accessToken, validationId, PAGE);
  if (!('callId' in opening)) {
    const why = 'refused' in opening ? `its token is ${opening.refused}` : opening.reason;
    throw new StateRefused(`the call cannot be opened: ${why}`, 'name another token or validation');
  }
  return { callId: opening.callId, values: { accessToken, clientId, validationId } };
}

/** Does something to a call; what has been done before is passed over. */
async function done(stage: Stage, callId: string, deeds: readonly Deed[]): Promise<void> {
  for (const [index, deed] of deeds.entries()) {
    const outcome = await stage.simulator.calls.intervene(callId, deed);
    const isLast = index === deeds.length - 1;
    if (isLast && outcome !== undefined && 'possible' in outcome)
      throw new StateRefused(`the call cannot be brought that far: ${whyNot(outcome)}`);
  }
}

const COURSE: readonly AgentAction[] = ['join', 'start', 'end'];

/** A call in which the agent has gone as far as `last`. */
const until = (last: AgentAction) => async (stage: Stage, naming: CallNaming) => {
  const { callId, values } = await opened(stage, naming);
  const actions = COURSE.slice(0, COURSE.indexOf(last) + 1);
  await done(
    stage,
    callId,
    actions.map((agent) => ({ agent })),
  );
  return values;
};

/** A call that has failed, and after which no other is let in. */
const failed = (code: ErrorCode) => async (stage: Stage, naming: CallNaming) => {
  const { callId, values } = await opened(stage, naming);
  await done(stage, callId, [{ fail: code }]);
  const { scenarios, validations } = stage.simulator;
  await scenarios.put(DOWN, values.clientId);
  const known = code === 'VideocallNotFound' ? { exists: false } : { scenario: DOWN.name };
  await validations.set(values.validationId, known, values.clientId);
  return values;
};

const BY_CODE = {
  VideocallLoading: until('join'),
  VideocallInitiated: until('start'),
  VideocallCompleted: until('end'),
  VideocallNotFound: failed('VideocallNotFound'),
  VideocallServerNotOperational: failed('VideocallServerNotOperational'),
};

/** Validations and their calls. */
export const callStates = {
  async 'a validation exists'(stage: Stage, params: Params<'a validation exists'>) {
    const { clientId } = await stage.client(params.client_id);
    const { confirmed } = params;
    const validationId = stage.validationId(params.validation_id);
    const known = { exists: true, ...(confirmed !== undefined && { confirmed }) };
    await stage.simulator.validations.set(validationId, known, clientId);
    return { validationId, clientId };
  },

  async 'no validation exists'(stage: Stage, params: Params<'no validation exists'>) {
    const { clientId } = await stage.client(params.client_id);
    const validationId = stage.validationId(params.validation_id);
    await stage.simulator.validations.set(validationId, { exists: false }, clientId);
    return { validationId, clientId };
  },

  'the agent has joined the video call': BY_CODE.VideocallLoading,
  'the video call has been initiated': BY_CODE.VideocallInitiated,
  'the video call has been completed': BY_CODE.VideocallCompleted,
  'the access token has been used': BY_CODE.VideocallCompleted,
  'the video call is not found': BY_CODE.VideocallNotFound,
  'the video call server is not operational': BY_CODE.VideocallServerNotOperational,
  'a video call event has been posted': (
    stage: Stage,
    { code, ...naming }: Params<'a video call event has been posted'>,
  ) => BY_CODE[code](stage, naming),
};
