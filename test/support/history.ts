/**
 * Checks the history of several workers on several instances with one store for consistency. When a response is
 * lost with its instance, the operation may or may not have been done.
 */

/** An attempted operation, from `begun` to `ended`, with its outcome as far as it is known. */
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
/** Tolerance for the real time that passes during a run. */
const SLACK_S = 120;

const filterKind = <K extends Operation['kind']>(operations: readonly Operation[], kind: K): Of<K>[] =>
  operations.filter((operation): operation is Of<K> => operation.kind === kind);

const seconds = (advances: readonly Of<'advance'>[]): number =>
  advances.reduce((sum, one) => sum + one.seconds, 0);

/** Returns whether the token can have ended before `open` was answered. */
function canHaveEnded(operations: readonly Operation[], issued: Of<'issue'>, open: Of<'open'>): boolean {
  const before = operations.filter(
    (operation) => operation.begun < open.ended && operation.outcome !== 'refused',
  );
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

/** Returns why the token must have ended before `open` began, if it must. */
function mustHaveEnded(
  operations: readonly Operation[],
  issued: Of<'issue'>,
  open: Of<'open'>,
): string | undefined {
  const before = operations.filter(
    (operation) => operation.ended < open.begun && operation.outcome === 'done',
  );
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

/** Returns every opening that contradicts the history. */
export function findImpossibleOpenings(operations: readonly Operation[]): string[] {
  const issued = new Map(filterKind(operations, 'issue').map((operation) => [operation.token, operation]));
  return filterKind(operations, 'open').flatMap((open) => {
    const issue = issued.get(open.token);
    if (issue === undefined || open.outcome === 'unknown') return [];
    if (open.outcome === 'refused')
      return canHaveEnded(operations, issue, open)
        ? []
        : [`token …${open.token.slice(-4)} was lost before its end`];
    const end = mustHaveEnded(operations, issue, open);
    return end === undefined ? [] : [`token …${open.token.slice(-4)} was accepted though ${end}`];
  });
}

/** A call as the control API lists it. */
export interface ListedCall {
  readonly validation_id: string;
  readonly n: number;
  readonly state: string;
  readonly events: readonly { readonly id: number; readonly code: string; readonly at: string }[];
}

/** Returns the inconsistencies in the final calls. */
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

/** Returns a problem unless a page has received the last events of its call, in order and without gaps. */
export function findMisheardEvents(heard: readonly string[], posted: readonly string[]): string | undefined {
  const start = posted.length - heard.length;
  return start >= 0 && heard.every((code, index) => posted[start + index] === code)
    ? undefined
    : `a page has heard ${heard.join(' ')} of ${posted.join(' ')}`;
}
