import { formatLength } from '../components/format.ts';
import { Table } from '../components/table.tsx';
import type { ConsoleParts } from './messages.ts';

interface Clients {
  readonly clients: ConsoleParts['clients'];
  readonly onChoose: (clientId: string) => void;
}

/** The clients and their settings. */
export function Clients({ clients, onChoose }: Clients) {
  return (
    <Table
      name="Known clients"
      heads={['Client', 'Environment', 'Type', 'Token lifetime', 'Scenario', 'Allowed IPs']}
    >
      {clients.map(({ client_id, environment, type, expires_in, scenario, allowed_ips: allowed }) => (
        <tr key={client_id}>
          <td>
            <button type="button" class="link" onClick={() => onChoose(client_id)}>
              {client_id}
            </button>
          </td>
          <td>{environment}</td>
          <td>{type}</td>
          <td>{formatLength(expires_in * 1000)}</td>
          <td>{scenario ?? 'default'}</td>
          <td>{allowed.join(', ')}</td>
        </tr>
      ))}
    </Table>
  );
}
