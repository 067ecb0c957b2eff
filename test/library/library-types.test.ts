import type { Static, TSchema } from 'typebox';
import { describe, expectTypeOf, it } from 'vitest';
import type { ROUTES } from '../../src/control/schema/routes.ts';
import type { BodyOf, QueryOf } from '../../src/control/schema/typed-request.ts';
import type { Camel } from '../../src/library/camel-case.ts';
import type * as library from '../../src/library/index.ts';

/** A type with all its parts put together, whoever may write to them. */
type Whole<T> = T extends readonly (infer Item)[]
  ? Whole<Item>[]
  : T extends object
    ? { -readonly [Key in keyof T]: Whole<T[Key]> }
    : T;

type Table = typeof ROUTES;
/** A type as it stands in a query, where numbers are text. */
type AsText<T> = { [Key in keyof T]: T[Key] extends number | undefined ? string : T[Key] };

type Queried<Name extends keyof Table> = Whole<Camel<QueryOf<Table[Name]>>>;
type Asked<Name extends keyof Table> = Whole<Camel<BodyOf<Table[Name]>>>;
type Answered<Name extends keyof Table> = Table[Name] extends {
  readonly answer: infer Answer extends TSchema;
}
  ? Whole<Camel<Static<Answer>>>
  : never;
type Wait = Asked<'POST /wait'>;
type Event = Required<Answered<'POST /wait'>>['event'];

// The library writes these out for people to read; here the compiler holds them against the tables of the control API.
describe('the types of the library are those of the control API', () => {
  it('for calls', () => {
    expectTypeOf<Whole<library.Call>>().toEqualTypeOf<Answered<'GET /calls/:validation_id'>>();
    expectTypeOf<Whole<library.CallEvent>>().toEqualTypeOf<Event>();
    expectTypeOf<library.Delivery>().toEqualTypeOf<Answered<'POST /calls/:validation_id/agent'>>();
  });

  it('for the clock', () => {
    expectTypeOf<library.ClockReading>().toEqualTypeOf<Answered<'GET /clock'>>();
  });

  it('for faults', () => {
    expectTypeOf<library.FaultOptions>().toEqualTypeOf<Asked<'POST /faults'>>();
    expectTypeOf<library.Fault>().toEqualTypeOf<Answered<'POST /faults'>>();
  });

  it('for the journal', () => {
    expectTypeOf<AsText<library.JournalFilter>>().toEqualTypeOf<Queried<'GET /requests'>>();
    expectTypeOf<AsText<library.JournalFilter>>().toEqualTypeOf<Queried<'GET /requests/count'>>();
    expectTypeOf<library.JournalEntry[]>().toEqualTypeOf<Answered<'GET /requests'>['items']>();
    expectTypeOf<library.Finding[]>().toEqualTypeOf<Answered<'GET /findings'>['items']>();
  });

  it('for waits', () => {
    expectTypeOf<library.Goal>().toEqualTypeOf<Wait['for']>();
    expectTypeOf<Whole<Omit<library.Patience, 'timeout'>>>().toEqualTypeOf<Omit<Wait, 'for' | 'timeout'>>();
  });

  it('for scenarios and validations', () => {
    expectTypeOf<library.ScenarioView>().toEqualTypeOf<Answered<'GET /scenarios/:name'>>();
    expectTypeOf<library.ScenarioOptions['steps']>().toEqualTypeOf<Asked<'PUT /scenarios/:name'>['steps']>();
    expectTypeOf<library.ValidationOptions>().toEqualTypeOf<Asked<'PUT /validations/:validation_id'>>();
    expectTypeOf<library.Validation>().toEqualTypeOf<Answered<'PUT /validations/:validation_id'>>();
  });
});
