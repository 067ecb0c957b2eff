import type { RequestAnswer } from '../../control/schema/journal.ts';
import { isRefused } from '../../domain/journal.ts';
import { formatTimeOfDay } from './format.ts';
import { Table } from './table.tsx';

function Fields({
  name,
  fields,
}: {
  readonly name: string;
  readonly fields: RequestAnswer['headers'] | null;
}) {
  // A report may be about a server that sends something else.
  const entries = typeof fields === 'object' ? Object.entries(fields ?? {}) : [];
  if (entries.length === 0) return null;
  return (
    <>
      <dt>{name}</dt>
      {entries.map(([key, value]) => (
        <dd key={key}>
          <code>
            {key}: {value}
          </code>
        </dd>
      ))}
    </>
  );
}

/** A request that opens: what was sent, and how to fix it. */
function Request({ request }: { readonly request: RequestAnswer }) {
  const { method, path, query, form, headers, from, fix, fault_id: fault } = request;
  return (
    <details class="request">
      <summary>
        <code>
          {method} {path}
        </code>
      </summary>
      <dl>
        {fix !== null && (
          <>
            <dt>How to fix</dt>
            <dd>{fix}</dd>
          </>
        )}
        {fault !== null && (
          <>
            <dt>Fault</dt>
            <dd>{fault}</dd>
          </>
        )}
        <dt>From</dt>
        <dd>{from}</dd>
        <Fields name="Query" fields={query} />
        <Fields name="Form" fields={form} />
        <Fields name="Headers" fields={headers} />
      </dl>
    </details>
  );
}

/** Requests to the imitated service and their answers, in the given order. */
export const Requests = ({
  name = 'Requests',
  requests,
}: {
  readonly name?: string;
  readonly requests: readonly RequestAnswer[];
}) => (
  <Table
    name={name}
    heads={['Time', 'Request', 'Status', 'Client', 'Validation', 'Reason']}
    rows={requests.map((request) => ({
      key: request.id,
      class: isRefused(request) ? 'bad' : undefined,
      cells: [
        <time dateTime={request.at}>{formatTimeOfDay(request.at)}</time>,
        <Request request={request} />,
        request.status ?? 'no answer',
        request.client_id ?? '–',
        request.validation_id ?? '',
        request.reason ?? '',
      ],
    }))}
  />
);
