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
      <Table
        name="Access tokens"
        heads={['Token', 'Client', 'State', 'Time left', 'Issued', 'Validations']}
        rows={items.map(
          ({ access_token: token, client_id, state, issued_at, expires_at, validation_ids }) => ({
            key: token,
            cells: [
              <code>{abbreviateToken(token)}</code>,
              client_id,
              <span class={`state ${state}`}>{state}</span>,
              state === 'active' ? formatLength(Math.max(0, Date.parse(expires_at) - timeOf(client_id))) : '',
              formatTimeOfDay(issued_at),
              validation_ids.join(', '),
            ],
          }),
        )}
      />
      <Others count={total - items.length} />
    </>
  );
}
