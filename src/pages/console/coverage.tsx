import { useState } from 'preact/hooks';
import { SITUATIONS } from '../../domain/coverage.ts';
import type { PlayStep } from '../../domain/play-step.ts';
import { Coverage } from '../components/coverage.tsx';
import type { ConsoleParts } from './messages.ts';
import type { OnOrder } from './steer.ts';

interface CoveragePanelProps {
  readonly coverage: ConsoleParts['coverage'];
  readonly clientId: string | undefined;
  readonly onCommand: OnOrder;
}

type Order = (clientId: string) => void;

/** What the simulator can do by itself, so that the next request or call of a client plays a situation. */
function toOrder(step: PlayStep, onCommand: OnOrder): Order | undefined {
  if (typeof step === 'string') return undefined;
  if ('frame' in step) {
    const [scenario = '', isScenario] = step.frame.split('~');
    if (isScenario === undefined) return undefined;
    return (client_id) =>
      onCommand('PATCH /clients/:client_id', { parameters: { client_id }, body: { scenario } });
  }
  if (step.control === 'POST /__admin/faults')
    return (client_id) => onCommand('POST /faults', { query: { client_id }, body: step.body as never });
  if (step.control === 'PATCH /__admin/clients/CLIENT_ID')
    return (client_id) =>
      onCommand('PATCH /clients/:client_id', { parameters: { client_id }, body: step.body });
  return undefined;
}

/** What the tests leave out, with a button for what the simulator can play in the next call of the client. */
export function CoveragePanel({ coverage, clientId, onCommand }: CoveragePanelProps) {
  const [lastId, setLastId] = useState<string>();
  return (
    <Coverage
      coverage={coverage}
      toAction={({ id, title }) => {
        const order = toOrder(SITUATIONS[id].play[0], onCommand);
        if (order === undefined) return 'by hand';
        if (clientId === undefined) return 'choose a client first';
        return (
          <span>
            <button
              type="button"
              onClick={() => {
                order(clientId);
                setLastId(id);
              }}
            >
              Play it<span class="unseen">: {title}</span>
            </button>{' '}
            <output>{id === lastId && 'Set up for what comes next'}</output>
          </span>
        );
      }}
    />
  );
}
