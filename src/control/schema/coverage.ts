import type { Static } from 'typebox';
import * as Type from 'typebox';
import { type IgnoredSituation, SITUATIONS, type SituationId } from '../../domain/coverage.ts';
import { defineRoutes } from './route.ts';

const IDS = Object.keys(SITUATIONS) as SituationId[];

/** The id of the situation whose title was written in its place. */
function explainTitle(given: unknown): string | undefined {
  const id = IDS.find((one) => SITUATIONS[one].title.toLowerCase() === String(given).toLowerCase());
  return id === undefined ? undefined : `did you mean "${id}"?`;
}

const Id = Type.Enum(IDS, { title: 'situation', explain: explainTitle });

const SituationAnswer = Type.Object({
  id: Id,
  guide: Type.String(),
  title: Type.String(),
  counts: Type.String({ description: 'what counts as played' }),
  play: Type.String({ description: 'how to play it' }),
  played: Type.Boolean({ description: 'it has reached the integration, which may have reacted wrongly' }),
});

const Reason = Type.String({
  pattern: '^.*\\S.*$',
  maxLength: 200,
  title: 'reason',
  description: 'one line of at most 200 characters',
});

/** A situation that does not concern a team, as the config file writes it. */
export const WrittenIgnored = Type.Object(
  { situation: Id, reason: Reason },
  {
    additionalProperties: false,
    title: 'ignored situation',
    description: 'a map, as in { situation: production-client, reason: we have no production client yet }',
  },
);
export type WrittenIgnored = Static<typeof WrittenIgnored>;

export const CoverageAnswer = Type.Object({
  items: Type.Array(SituationAnswer, { description: 'the situations that are asked for' }),
  total: Type.Integer(),
  played: Type.Integer({ description: 'how many of them were played' }),
  ignored: Type.Array(Type.Object({ id: Id, title: Type.String(), reason: Type.String() }), {
    description: 'those that the config file excludes',
  }),
});
export type CoverageAnswer = Static<typeof CoverageAnswer>;

/** Leaves out situations that do not concern a team, besides those that were left out before. */
export function leaveOut(
  { items, ignored: earlier }: Pick<CoverageAnswer, 'items' | 'ignored'>,
  situations: readonly IgnoredSituation[],
): CoverageAnswer {
  const added = situations.map(({ situation: id, reason }) => ({ id, title: SITUATIONS[id].title, reason }));
  // Of several reasons for one, the last one given counts.
  const ignored = new Map([...earlier, ...added].map((one) => [one.id, one]));
  const asked = items.filter(({ id }) => !ignored.has(id));
  return {
    items: asked,
    total: asked.length,
    played: asked.filter(({ played }) => played).length,
    ignored: [...ignored.values()],
  };
}

export const COVERAGE_ROUTES = defineRoutes({
  'GET /coverage': {
    summary: 'The situations of the guide, and which of them were played since the start or the last reset',
    scoped: true,
    status: 200,
    answer: CoverageAnswer,
  },
});

const MAX_NAMED = 5;

/** What was played, in one line, and some of what was not. */
export function describeCoverage({ items, total, played }: Omit<CoverageAnswer, 'ignored'>): string {
  const missing = items.filter((one) => !one.played).map(({ title }) => title);
  const more = missing.length - MAX_NAMED;
  const named = [...missing.slice(0, MAX_NAMED), ...(more > 0 ? [`and ${more} more`] : [])];
  const not = named.length === 0 ? '' : `; not yet: ${named.join(', ')}`;
  return `coverage ${played} of ${total} situations${not}`;
}

/**
 * Whether enough situations were played.
 *
 * @param minimum a number of situations, or a percentage such as `80%`
 */
export const isCovered = (
  { total, played }: Pick<CoverageAnswer, 'total' | 'played'>,
  minimum: number | string,
): boolean =>
  String(minimum).endsWith('%')
    ? played * 100 >= total * Number.parseInt(String(minimum), 10)
    : played >= Number(minimum);
