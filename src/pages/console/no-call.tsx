import { DEMO } from '../../control/schema/paths.ts';

interface NoCallProps {
  /** Shown when the selected call is gone. */
  readonly isMissing: boolean;
  readonly onNewest: () => void;
  readonly browserUrl: string | undefined;
}

/** Shown when there is no call. */
export function NoCall({ isMissing, onNewest, browserUrl }: NoCallProps) {
  if (isMissing) {
    return (
      <section class="card welcome">
        <h2>This call was removed</h2>
        <p>
          <button type="button" onClick={onNewest}>
            Show the newest call
          </button>
        </p>
      </section>
    );
  }
  return (
    <section class="card welcome">
      <h2>No calls yet</h2>
      <p>
        To see one, start a call on the <a href={DEMO}>demo page</a>, which embeds the frame as your page
        will. Its client waits in the waiting room until you join here as the agent.
      </p>
      {browserUrl !== undefined && (
        <p class="soft">
          Your own pages embed <code>{browserUrl}/call?access_token=…&validation_id=…</code>
        </p>
      )}
    </section>
  );
}
