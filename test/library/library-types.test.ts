import type { Static, TSchema } from 'typebox';
import { describe, expectTypeOf, it } from 'vitest';
import type { ROUTES } from '../../src/control/schema/routes.ts';
import type { BodyOf, QueryOf } from '../../src/control/schema/typed-request.ts';
import type { Camel } from '../../src/library/camel-case.ts';
import type * as library from '../../src/library/index.ts';

/** Expands a type and drops `readonly`, so that only the shape is compared. */
type Expand<T> = T extends readonly (infer Item)[]
  ? Expand<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Expand<T[Key]> }
    : T;

type Table = typeof ROUTES;
/** Converts numbers to strings, as in a query string. */
type AsText<T> = { [Key in keyof T]: T[Key] extends number | undefined ? string : T[Key] };

type QueryFor<Name extends keyof Table> = Expand<Camel<QueryOf<Table[Name]>>>;
type BodyFor<Name extends keyof Table> = Expand<Camel<BodyOf<Table[Name]>>>;
type AnswerFor<Name extends keyof Table> = Table[Name] extends {
  readonly answer: infer Answer extends TSchema;
}
  ? Expand<Camel<Static<Answer>>>
  : never;
type Wait = BodyFor<'POST /wait'>;
type Event = Required<AnswerFor<'POST /wait'>>['event'];

// The library spells its types out for readers; these tests keep them equal to the control API schemas.
describe('library types', () => {
  it('matches the control API types for calls', () => {
    expectTypeOf<Expand<library.Call>>().toEqualTypeOf<AnswerFor<'GET /calls/:validation_id'>>();
    expectTypeOf<Expand<library.CallEvent>>().toEqualTypeOf<Event>();
    expectTypeOf<library.Delivery>().toEqualTypeOf<AnswerFor<'POST /calls/:validation_id/agent'>>();
  });

  it('matches the control API types for the clock', () => {
    expectTypeOf<library.ClockReading>().toEqualTypeOf<AnswerFor<'GET /clock'>>();
  });

  it('matches the control API types for faults', () => {
    expectTypeOf<library.FaultOptions>().toEqualTypeOf<BodyFor<'POST /faults'>>();
    expectTypeOf<library.Fault>().toEqualTypeOf<AnswerFor<'POST /faults'>>();
  });

  it('matches the control API types for the journal and findings', () => {
    expectTypeOf<AsText<library.JournalFilter>>().toEqualTypeOf<
      Expand<Omit<QueryFor<'GET /requests'>, 'limit'>>
    >();
    expectTypeOf<AsText<library.JournalFilter>>().toEqualTypeOf<QueryFor<'GET /requests/count'>>();
    expectTypeOf<library.JournalEntry[]>().toEqualTypeOf<AnswerFor<'GET /requests'>['items']>();
    expectTypeOf<library.Finding[]>().toEqualTypeOf<AnswerFor<'GET /findings'>['items']>();
  });

  it('matches the control API types for coverage', () => {
    expectTypeOf<library.Coverage>().toEqualTypeOf<AnswerFor<'GET /coverage'>>();
    expectTypeOf<library.Situation[]>().toEqualTypeOf<AnswerFor<'GET /coverage'>['items']>();
  });

  it('matches the control API types for waits', () => {
    expectTypeOf<library.Goal>().toEqualTypeOf<Wait['for']>();
    expectTypeOf<Expand<Omit<library.WaitOptions, 'timeout'>>>().toEqualTypeOf<
      Omit<Wait, 'for' | 'timeout'>
    >();
  });

  it('matches the control API types for scenarios and validations', () => {
    expectTypeOf<library.ScenarioView>().toEqualTypeOf<AnswerFor<'GET /scenarios/:name'>>();
    expectTypeOf<library.ScenarioOptions['steps']>().toEqualTypeOf<
      BodyFor<'PUT /scenarios/:name'>['steps']
    >();
    expectTypeOf<library.ValidationOptions>().toEqualTypeOf<BodyFor<'PUT /validations/:validation_id'>>();
    expectTypeOf<library.Validation>().toEqualTypeOf<AnswerFor<'PUT /validations/:validation_id'>>();
  });
});
