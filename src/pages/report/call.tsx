import type { TokenAnswer } from '../../control/schema/tokens.ts';
import { abbreviateToken } from '../../domain/journal.ts';
import { formatDateTime, formatLength, measureCall, STATE_LABELS } from '../components/format.ts';
import { type CallHistory, createSequence } from '../components/sequence.ts';
import { SequenceDiagram } from '../components/sequence-diagram.tsx';
import { formatCallName, toAnchor } from './naming.ts';
import { hasFailed, isEndUnheard } from './selection.ts';

function TokenStates({ tokens }: { readonly tokens: readonly TokenAnswer[] }) {
  return (
    <p class="tokens">
      {tokens.length === 1 ? 'Access token' : 'Access tokens'}:{' '}
      {tokens.map(({ access_token: token, state, issued_at, expires_at }) => (
        <span class="token" key={token}>
          <code>{abbreviateToken(token)}</code> <span class={`state ${state}`}>{state}</span>
          <span class="soft">
            issued {formatDateTime(issued_at)}, expires {formatDateTime(expires_at)}
          </span>
        </span>
      ))}
    </p>
  );
}

/** One call from its token to its end; expanded if it has failed or no page heard its end. */
export function Call({ call, tokens, requests }: CallHistory) {
  const { client_id, state, scenario, opened_at, waits_for: waitsFor } = call;
  const length = measureCall(call);
  const own = tokens.filter(({ access_token: token }) => call.tokens.includes(token));
  return (
    <details class={`card call ${state}`} id={toAnchor(call)} open={hasFailed(call) || isEndUnheard(call)}>
      <summary>
        <h3>
          {formatCallName(call)} <span class={`state ${state}`}>{STATE_LABELS[state]}</span>
          {isEndUnheard(call) && <span class="state warning">VideocallCompleted was never heard</span>}
        </h3>
        <span class="soft">
          client {client_id} · scenario {scenario} · opened {formatDateTime(opened_at)}
          {length !== undefined && ` · lasted ${formatLength(length)}`}
          {waitsFor !== null && ` · the script waits for ${waitsFor}`}
        </span>
      </summary>
      {own.length > 0 && <TokenStates tokens={own} />}
      <SequenceDiagram
        messages={createSequence({ call, tokens, requests })}
        name={`the call for ${formatCallName(call)}`}
      />
    </details>
  );
}
