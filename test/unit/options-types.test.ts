import { describe, expectTypeOf, it } from 'vitest';
import { type ServeOptions, serve } from '../../src/cli/serve.ts';
import type { MockOptions } from '../../src/library/index.ts';
import type { Switch } from '../../src/options/row.ts';
import type { AllRead, OptionsFor, Rows } from '../../src/options/table.ts';

/** Options of the library that are not in the table, or that replace several of its rows. */
type LibraryOnly = 'clients' | 'faults' | 'validations' | 'scenarios' | 'admin';
/** Options for which the library accepts more values than the command line. */
type Wider = 'store' | 'https' | 'mediaPorts' | 'trustProxy';

/** A row added to the table, for the commands that start a simulator and for the library. */
interface Flip {
  readonly for: readonly ['start', 'exec', 'library', 'report'];
  readonly group: 'Server';
  readonly schema: typeof Switch;
  readonly help: 'turns everything round';
  readonly default: false;
}
type Flipped = Rows & { readonly flip: Flip };

describe('library options', () => {
  it('MockOptions has the options of the table', () => {
    expectTypeOf<Exclude<keyof MockOptions, LibraryOnly>>().toEqualTypeOf<keyof OptionsFor<'library'>>();
    expectTypeOf<OptionsFor<'library'>>().toExtend<Omit<MockOptions, LibraryOnly>>();
    expectTypeOf<Required<Omit<MockOptions, LibraryOnly | Wider>>>().toEqualTypeOf<
      Omit<OptionsFor<'library'>, Wider>
    >();
  });

  it('MockOptions lacks an option that was added to the table only', () => {
    expectTypeOf<keyof OptionsFor<'library', Flipped>>().not.toEqualTypeOf<
      Exclude<keyof MockOptions, LibraryOnly>
    >();
  });
});

describe('unread options', () => {
  it('an unread option does not compile where a simulator is started', () => {
    const start = (options: ServeOptions & OptionsFor<'start', Flipped>) => {
      const { readyFile, ...others } = options;
      // @ts-expect-error the simulator does not know flip
      return serve(others, '');
    };
    expectTypeOf(start).toBeFunction();
  });

  it('an unread option does not compile where a command reads its options', () => {
    const report = (options: OptionsFor<'report', Flipped>) => {
      const { port, host, target, out, strict, minCoverage, merge, adminUser, adminPassword, ...unread } =
        options;
      // @ts-expect-error flip is left
      unread satisfies AllRead;
      const { flip, ...nothing } = unread;
      nothing satisfies AllRead;
      return flip;
    };
    expectTypeOf(report).toBeFunction();
  });
});
