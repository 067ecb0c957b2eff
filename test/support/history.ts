/**
 * What several workers have done to several instances with one store, and whether it can be true. An answer that
 * was lost with its instance may stand for a deed that was done or not.
 */

/** Something that was tried: from `begun` to `ended`, and whether it is known to have been done. */
interface Attempt {
  readonly begun: number;
  readonly ended: number;
  readonly outcome: 'done' | 'refused' | 'unknown';
}

export type Operation = Attempt &
  (
    | { readonly kind: 'issue'; readonly token: string }
    | { readonly kind: 'open'; readonly token: string; readonly validationId: string }
    | { readonly kind: 'revoke'; readonly token: string }
    | { readonly kind: 'end'; readonly validationId: string }
    | { readonly kind: 'advance'; readonly seconds: number }
    | { readonly kind: 'reset' }
  );
type Of<K extends Operation['kind']> = Extract<Operation, { kind: K }>;

const LIFETIME_S = 3600;
/** Real time passes too. */
const SLACK_S = 120;

const filterKind = <K extends Operation['kind']>(deeds: readonly Operation[], kind: K): Of<K>[] =>
  deeds.filter((deed): deed is Of<K> => deed.kind === kind);

const seconds = (advances: readonly Of<'advance'>[]): number =>
  advances.reduce((sum, one) => sum + one.seconds, 0);

/** What may have ended the token's life before `open` was answered. */
function canHaveEnded(deeds: readonly Operation[], issued: Of<'issue'>, open: Of<'open'>): boolean {
  const before = deeds.filter((deed) => deed.begun < open.ended && deed.outcome !== 'refused');
  const opened = filterKind(before, 'open')
    .filter(({ token }) => token === open.token)
    .map(({ validationId }) => validationId);
  return (
    filterKind(before, 'revoke').some(({ token }) => token === open.token) ||
    filterKind(before, 'end').some(({ validationId }) => opened.includes(validationId)) ||
    filterKind(before, 'reset').some(({ ended }) => ended > issued.begun) ||
    seconds(filterKind(before, 'advance').filter(({ ended }) => ended > issued.begun)) >= LIFETIME_S - SLACK_S
  );
}

/** What must have ended the token's life before `open` began. */
function mustHaveEnded(
  deeds: readonly Operation[],
  issued: Of<'issue'>,
  open: Of<'open'>,
): string | undefined {
  const before = deeds.filter((deed) => deed.ended < open.begun && deed.outcome === 'done');
  const opened = filterKind(before, 'open').filter(({ token }) => token === open.token);
  const isCompleted = filterKind(before, 'end').some((end) =>
    opened.some((one) => one.validationId === end.validationId && one.ended < end.begun),
  );
  if (filterKind(before, 'revoke').some(({ token, begun }) => token === open.token && begun > issued.ended))
    return 'revoked';
  if (isCompleted) return 'completed';
  if (filterKind(before, 'reset').some(({ begun }) => begun > issued.ended)) return 'reset';
  const passed = seconds(filterKind(before, 'advance').filter(({ begun }) => begun > issued.ended));
  return passed >= LIFETIME_S ? 'expired' : undefined;
}

/** Every opening that cannot be true. */
export function findImpossibleOpenings(deeds: readonly Operation[]): string[] {
  const issued = new Map(filterKind(deeds, 'issue').map((deed) => [deed.token, deed]));
  return filterKind(deeds, 'open').flatMap((open) => {
    const birth = issued.get(open.token);
    if (birth === undefined || open.outcome === 'unknown') return [];
    if (open.outcome === 'refused')
      return canHaveEnded(deeds, birth, open)
        ? []
        : [`token …${open.token.slice(-4)} was lost before its end`];
    const end = mustHaveEnded(deeds, birth, open);
    return end === undefined ? [] : [`token …${open.token.slice(-4)} was accepted though ${end}`];
  });
}

/** A call as the control API tells it. */
export interface ListedCall {
  readonly validation_id: string;
  readonly n: number;
  readonly state: string;
  readonly events: readonly { readonly id: number; readonly code: string; readonly at: string }[];
}

/** Everything that is wrong with the calls as they stand in the end. */
export function findImpossibleCalls(calls: readonly ListedCall[]): string[] {
  return calls.flatMap(({ validation_id, n, state, events }) => {
    const name = `call ${n} of ${validation_id}`;
    const codes = events.map(({ code }) => code);
    const completions = codes.filter((code) => code === 'VideocallCompleted').length;
    const own = codes.filter((code) => !code.startsWith('Videocall'));
    return [
      ...(events.some(({ id }, index) => id !== index) ? [`${name} has gaps in its ids`] : []),
      ...(events.some(({ at }, index) => at < (events[index - 1]?.at ?? at))
        ? [`${name} goes back in time`]
        : []),
      ...(completions !== (state === 'ended' ? 1 : 0)
        ? [`${name} in state ${state} was completed ${completions} times`]
        : []),
      ...(new Set(own).size < own.length ? [`${name} has said something twice`] : []),
    ];
  });
}

/** What a page has heard that the call has not said so: it must be a part of it without gaps, up to the end. */
export function findMisheardEvents(heard: readonly string[], said: readonly string[]): string | undefined {
  const start = said.length - heard.length;
  return start >= 0 && heard.every((code, index) => said[start + index] === code)
    ? undefined
    : `a page has heard ${heard.join(' ')} of ${said.join(' ')}`;
}
