import type { OnOrder } from './steer.ts';

/** Two clicks, because nothing brings back what a reset forgets. */
export function ResetMenu({
  clientId,
  onCommand,
}: {
  readonly clientId: string | undefined;
  readonly onCommand: OnOrder;
}) {
  return (
    <details class="reset">
      <summary>Reset…</summary>
      <button
        type="button"
        onClick={() =>
          onCommand('POST /reset', { query: clientId === undefined ? {} : { client_id: clientId } })
        }
      >
        {clientId === undefined ? 'Reset everything' : `Reset ${clientId}`}
      </button>
    </details>
  );
}
