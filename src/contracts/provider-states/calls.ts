import type { ActionRejection } from '../../domain/call.ts';
import type { AgentAction, CallAction, Scenario } from '../../domain/scenario.ts';
import { ms } from '../../domain/time.ts';
import type { ErrorCode } from '../../guide/events.ts';
import { type SetupContext, StateSetupFailed, type TokenReference } from './setup-context.ts';
import type { Params } from './table.ts';

/** A script without steps: the states themselves act in the call. */
const EMPTY_SCENARIO: Scenario = { name: 'provider-state', steps: [] };
/** A script that makes later calls fail at once. */
const DOWN_SCENARIO: Scenario = {
  name: 'provider-state-down',
  steps: [{ after: ms(0), fail: 'VideocallServerNotOperational' }],
};

const PAGE_ID = 'provider-state';

interface CallReference extends TokenReference {
  readonly validation_id?: string;
}

const explainRejection = ({ hidden, state }: ActionRejection): string =>
  hidden ? 'no agent sees it until its validation is confirmed' : `it is in state "${state}"`;

/** An open call, with what it was opened with. */
async function openCall(context: SetupContext, reference: CallReference) {
  const { accessToken, clientId } = await context.token(reference);
  const { simulator } = context;
  const validationId = context.validationId(reference.validation_id);
  await simulator.scenarios.put(EMPTY_SCENARIO, clientId);
  await simulator.validations.set(validationId, { exists: true, scenario: EMPTY_SCENARIO.name }, clientId);
  const opening = await simulator.openings.open(accessToken, validationId, { id: PAGE_ID });
  if (!('callId' in opening)) {
    const why = 'refused' in opening ? `its token is ${opening.refused}` : opening.reason;
    throw new StateSetupFailed(`the call cannot be opened: ${why}`, 'name another token or validation');
  }
  return { callId: opening.callId, values: { accessToken, clientId, validationId } };
}

/** Applies actions to a call; those that were taken before are skipped. */
async function applyActions(
  context: SetupContext,
  callId: string,
  actions: readonly CallAction[],
): Promise<void> {
  for (const [index, action] of actions.entries()) {
    const outcome = await context.simulator.calls.intervene(callId, action);
    const isLast = index === actions.length - 1;
    if (isLast && outcome !== undefined && 'possible' in outcome)
      throw new StateSetupFailed(`the call cannot reach this state: ${explainRejection(outcome)}`);
  }
}

const ACTION_ORDER: readonly AgentAction[] = ['join', 'start', 'end'];

/** A call in which the agent's latest action is `last`. */
const createProgressSetup =
  (last: AgentAction) => async (context: SetupContext, reference: CallReference) => {
    const { callId, values } = await openCall(context, reference);
    const actions = ACTION_ORDER.slice(0, ACTION_ORDER.indexOf(last) + 1);
    await applyActions(
      context,
      callId,
      actions.map((agent) => ({ agent })),
    );
    return values;
  };

/** A call that has failed, and after which every other fails too. */
const createFailureSetup = (code: ErrorCode) => async (context: SetupContext, reference: CallReference) => {
  const { callId, values } = await openCall(context, reference);
  await applyActions(context, callId, [{ fail: code }]);
  const { scenarios, validations } = context.simulator;
  await scenarios.put(DOWN_SCENARIO, values.clientId);
  const known = code === 'VideocallNotFound' ? { exists: false } : { scenario: DOWN_SCENARIO.name };
  await validations.set(values.validationId, known, values.clientId);
  return values;
};

const BY_CODE = {
  VideocallLoading: createProgressSetup('join'),
  VideocallInitiated: createProgressSetup('start'),
  VideocallCompleted: createProgressSetup('end'),
  VideocallNotFound: createFailureSetup('VideocallNotFound'),
  VideocallServerNotOperational: createFailureSetup('VideocallServerNotOperational'),
};

/** Validations and their calls. */
export const callStates = {
  async 'a validation exists'(stage: SetupContext, params: Params<'a validation exists'>) {
    const { clientId } = await stage.client(params.client_id);
    const { confirmed } = params;
    const validationId = stage.validationId(params.validation_id);
    const known = { exists: true, ...(confirmed !== undefined && { confirmed }) };
    await stage.simulator.validations.set(validationId, known, clientId);
    return { validationId, clientId };
  },

  async 'no validation exists'(stage: SetupContext, params: Params<'no validation exists'>) {
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
    stage: SetupContext,
    { code, ...naming }: Params<'a video call event has been posted'>,
  ) => BY_CODE[code](stage, naming),
};
