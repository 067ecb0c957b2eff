import type { RequestAnswer } from '../../control/schema/journal.ts';
import { isRefused } from '../../domain/journal.ts';
import { formatTimeOfDay } from './format.ts';
import { Table } from './table.tsx';

/** Requests to the imitated service and their answers, in the given order. */
export function Requests({
  name = 'Requests',
  requests,
}: {
  readonly name?: string;
  readonly requests: readonly RequestAnswer[];
}) {
  return (
    <Table name={name} heads={['Time', 'Request', 'Status', 'Client', 'Validation', 'Reason']}>
      {requests.map((request) => {
        const { id, at, method, path, status, client_id, validation_id, reason, fix } = request;
        return (
          <tr key={id} class={isRefused(request) ? 'bad' : undefined}>
            <td>
              <time dateTime={at}>{formatTimeOfDay(at)}</time>
            </td>
            <td>
              <code>
                {method} {path}
              </code>
            </td>
            <td>{status ?? 'no answer'}</td>
            <td>{client_id ?? '–'}</td>
            <td>{validation_id ?? ''}</td>
            <td class="reason" title={fix ?? undefined}>
              {reason ?? ''}
            </td>
          </tr>
        );
      })}
    </Table>
  );
}
