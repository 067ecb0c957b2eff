import { abbreviateToken } from '../../domain/journal.ts';
import { formatLength, formatTimeOfDay } from '../components/format.ts';
import { Others } from '../components/others.tsx';
import { Table } from '../components/table.tsx';
import type { ConsoleParts } from './messages.ts';
import type { ReadTime } from './times.ts';

/** Access tokens with their remaining life. */
export function Tokens({
  tokens: { items, total },
  timeOf,
}: {
  readonly tokens: ConsoleParts['tokens'];
  readonly timeOf: ReadTime;
}) {
  if (total === 0) return <p class="soft empty">No tokens yet</p>;
  return (
    <>
      <Table name="Access tokens" heads={['Token', 'Client', 'State', 'Time left', 'Issued', 'Validations']}>
        {items.map(({ access_token: token, client_id, state, issued_at, expires_at, validation_ids }) => (
          <tr key={token}>
            <td>
              <code>{abbreviateToken(token)}</code>
            </td>
            <td>{client_id}</td>
            <td>
              <span class={`state ${state}`}>{state}</span>
            </td>
            <td>
              {state === 'active'
                ? formatLength(Math.max(0, Date.parse(expires_at) - timeOf(client_id)))
                : ''}
            </td>
            <td>{formatTimeOfDay(issued_at)}</td>
            <td>{validation_ids.join(', ')}</td>
          </tr>
        ))}
      </Table>
      <Others count={total - items.length} />
    </>
  );
}
