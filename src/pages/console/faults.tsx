import { ENDPOINTS, FAULT_KINDS } from '../../domain/fault.ts';
import { Table } from '../components/table.tsx';
import type { ConsoleParts } from './messages.ts';
import type { OnOrder } from './steer.ts';

interface FaultsProps {
  readonly faults: ConsoleParts['faults'];
  readonly clientId: string | undefined;
  readonly onCommand: OnOrder;
}

const STATUSES = [500, 503, 429] as const;

/** Arms faults, and shows those that are armed. */
export function Faults({ faults, clientId, onCommand }: FaultsProps) {
  const scope = clientId === undefined ? {} : { client_id: clientId };
  const arm = (form: HTMLFormElement) => {
    const fields = new FormData(form);
    const endpoint = ENDPOINTS.find((one) => one === fields.get('endpoint'));
    const what = fields.get('what');
    const status = STATUSES.find((one) => String(one) === what);
    const kind = FAULT_KINDS.find((one) => one === what);
    if (endpoint === undefined) return;
    onCommand('POST /faults', {
      query: scope,
      body: {
        endpoint,
        ...(status !== undefined && { status }),
        ...(kind !== undefined && { kind }),
        times: Number(fields.get('times')),
      },
    });
  };
  return (
    <>
      <form
        class="filters"
        onSubmit={(event) => {
          event.preventDefault();
          arm(event.currentTarget);
        }}
      >
        <label>
          <span>Endpoint</span>
          <select name="endpoint">
            {ENDPOINTS.map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          <span>Fault</span>
          <select name="what">
            {[...STATUSES, ...FAULT_KINDS].map((one) => (
              <option key={one}>{one}</option>
            ))}
          </select>
        </label>
        <label>
          <span>Times</span>
          <input name="times" type="number" min="1" max="1000000" required value="1" />
        </label>
        <button type="submit">Arm the fault</button>
        <output>{clientId === undefined ? 'for all clients' : `for ${clientId}`}</output>
      </form>
      {faults.length > 0 && (
        <Table
          name="Armed faults"
          heads={['Endpoint', 'Fault', 'Client', 'Applied', 'Action']}
          rows={faults.map(({ id, client_id, endpoint, status, kind, latency_ms, struck, times }) => ({
            key: id,
            cells: [
              endpoint,
              [kind, status, latency_ms && `${latency_ms.join('–')} ms late`].filter(Boolean).join(', '),
              client_id ?? 'all',
              times === null ? `${struck} times` : `${struck} of ${times}`,
              <button
                type="button"
                onClick={() =>
                  onCommand('DELETE /faults/:id', {
                    parameters: { id },
                    query: client_id === null ? {} : { client_id },
                  })
                }
              >
                Remove<span class="unseen"> the fault of {endpoint}</span>
              </button>,
            ],
          }))}
        />
      )}
    </>
  );
}
