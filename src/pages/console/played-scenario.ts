import type { CallAnswer } from '../../control/schema/calls.ts';
import { AGENT_ACTIONS, type AgentAction } from '../../domain/scenario.ts';
import { formatDuration, ms } from '../../domain/time.ts';

type Act = CallAnswer['acts'][number];

const isAgentAction = (act: Act['act']): act is AgentAction =>
  (AGENT_ACTIONS as readonly string[]).includes(act);

/** JSON is YAML; it quotes what YAML would read otherwise. */
const quote = (text: string): string => JSON.stringify(text);

/** What a step does, in lines of YAML. */
function formatAct({ act, name }: Act, event: CallAnswer['events'][number] | undefined): string[] {
  const delivery = event?.delivery === undefined ? [] : [`delivery: ${event.delivery}`];
  if (act === 'signal') return [`wait_for: ${name}`];
  if (isAgentAction(act)) return [`agent: ${act}`, ...delivery];
  if (act === 'fail') return [`fail: ${name}`, ...delivery];
  const { type = 'info', code = '', message = '' } = event ?? {};
  return [`post: { type: ${type}, code: ${quote(code)}, message: ${quote(message)} }`, ...delivery];
}

/** A name for the scenario, after the validation. */
export const nameScenario = ({ validation_id: id }: Pick<CallAnswer, 'validation_id'>): string =>
  ['played', ...(id.toLowerCase().match(/[a-z0-9]+/g) ?? [])].join('-').slice(0, 63);

/** A scenario file that plays what has happened in a call. A signal becomes a wait for it, which takes any time. */
export function formatPlayedScenario(call: CallAnswer): string {
  const { acts, events, started_at, opened_at } = call;
  let last = Date.parse(started_at ?? opened_at);
  const steps = acts.flatMap((act) => {
    const at = Date.parse(act.at);
    const after = act.act === 'signal' ? [] : [`after: ${formatDuration(ms(Math.max(0, at - last)))}`];
    last = Math.max(last, at);
    const [first, ...more] = [
      ...after,
      ...formatAct(act, act.event === null ? undefined : events[act.event]),
    ];
    return [`  - ${first}`, ...more.map((line) => `    ${line}`)];
  });
  return [
    `name: ${nameScenario(call)}`,
    `description: ${quote(`As played in the call for ${call.validation_id}`)}`,
    ...(steps.length === 0 ? ['steps: []'] : ['steps:', ...steps]),
    '',
  ].join('\n');
}
