import { SITUATIONS } from '../../domain/coverage.ts';
import type { PlayStep } from '../../domain/play-step.ts';
import { Coverage } from '../components/coverage.tsx';
import type { ConsoleParts } from './messages.ts';
import type { OnOrder } from './steer.ts';

type Client = ConsoleParts['clients'][number];

interface CoveragePanelProps extends Pick<ConsoleParts, 'coverage' | 'faults'> {
  readonly client: Client | undefined;
  readonly onCommand: OnOrder;
}

/** How the simulator makes the next request or call of a client play a situation. */
interface Setup {
  readonly next: 'call' | 'token request';
  readonly isDone: (client: Client, faults: ConsoleParts['faults']) => boolean;
  readonly start: (client: Client, onCommand: OnOrder) => void;
}

/** Undefined for a step that the simulator cannot take by itself, or that would hold for longer. */
function toSetup(step: PlayStep): Setup | undefined {
  if (typeof step === 'string') return undefined;
  if ('frame' in step) {
    const [scenario = '', isScenario] = step.frame.split('~');
    if (isScenario === undefined) return undefined;
    return {
      next: 'call',
      isDone: (client) => client.next_scenario === scenario,
      start: ({ client_id }, onCommand) =>
        onCommand('PATCH /clients/:client_id', {
          parameters: { client_id },
          body: { next_scenario: scenario },
        }),
    };
  }
  const { control, body } = step;
  if (control !== 'POST /__admin/faults') return undefined;
  return {
    next: 'token request',
    isDone: ({ client_id }, faults) =>
      faults.some(
        (fault) =>
          fault.client_id === client_id &&
          fault.endpoint === body.endpoint &&
          fault.status === (body.status ?? null) &&
          (fault.latency_ms === null) === (body.latency === undefined) &&
          fault.struck < (fault.times ?? Number.POSITIVE_INFINITY),
      ),
    start: ({ client_id }, onCommand) =>
      onCommand('POST /faults', { query: { client_id }, body: body as never }),
  };
}

/** What the tests leave out, with a button for what the simulator can play in the client's next call or token request. */
export function CoveragePanel({ coverage, client, faults, onCommand }: CoveragePanelProps) {
  return (
    <Coverage
      coverage={coverage}
      toAction={({ id, title }) => {
        const setup = toSetup(SITUATIONS[id].play[0]);
        if (setup === undefined) return 'by hand';
        if (client === undefined) return 'choose a client first';
        const isDone = setup.isDone(client, faults);
        return (
          <span>
            <button
              type="button"
              // A disabled button would lose the focus of the keyboard.
              aria-disabled={isDone}
              onClick={() => isDone || setup.start(client, onCommand)}
            >
              Play it<span class="unseen">: {title}</span>
            </button>{' '}
            <output>{isDone && `Set up for the next ${setup.next}`}</output>
          </span>
        );
      }}
    />
  );
}
