import { formatLength } from '../components/format.ts';
import { Table } from '../components/table.tsx';
import type { ConsoleParts } from './messages.ts';

interface Clients {
  readonly clients: ConsoleParts['clients'];
  readonly onChoose: (clientId: string) => void;
}

/** The clients and their settings. */
export const Clients = ({ clients, onChoose }: Clients) => (
  <Table
    name="Known clients"
    heads={['Client', 'Environment', 'Type', 'Token lifetime', 'Scenario', 'Allowed IPs']}
    rows={clients.map(({ client_id, environment, type, expires_in, scenario, allowed_ips: allowed }) => ({
      key: client_id,
      cells: [
        <button type="button" class="link" onClick={() => onChoose(client_id)}>
          {client_id}
        </button>,
        environment,
        type,
        formatLength(expires_in * 1000),
        scenario ?? 'default',
        allowed.join(', '),
      ],
    }))}
  />
);
