import { describe, expectTypeOf, it } from 'vitest';
import { type ServeOptions, serve } from '../../src/cli/serve.ts';
import type { MockOptions } from '../../src/library/index.ts';
import type { Switch } from '../../src/options/row.ts';
import type { AllRead, OptionsFor, Rows } from '../../src/options/table.ts';

/** What the library takes beside the options of the table, or instead of several. */
type Beside = 'clients' | 'scenarios' | 'admin';
/** The options for which the library takes more than what a command line can give. */
type Wider = 'store' | 'https' | 'mediaPorts' | 'trustProxy';

/** A row that somebody has added, for the commands that start a simulator and for the library. */
interface Flip {
  readonly for: readonly ['start', 'exec', 'library', 'report'];
  readonly group: 'Server';
  readonly schema: typeof Switch;
  readonly help: 'turns everything round';
  readonly default: false;
}
type Flipped = Rows & { readonly flip: Flip };

describe('the options of the library', () => {
  it('are those of the table', () => {
    expectTypeOf<Exclude<keyof MockOptions, Beside>>().toEqualTypeOf<keyof OptionsFor<'library'>>();
    expectTypeOf<OptionsFor<'library'>>().toExtend<Omit<MockOptions, Beside>>();
    expectTypeOf<Required<Omit<MockOptions, Beside | Wider>>>().toEqualTypeOf<
      Omit<OptionsFor<'library'>, Wider>
    >();
  });

  it('lack one that was added to the table alone', () => {
    expectTypeOf<keyof OptionsFor<'library', Flipped>>().not.toEqualTypeOf<
      Exclude<keyof MockOptions, Beside>
    >();
  });
});

describe('an option that nothing reads does not compile', () => {
  it('where a simulator is started', () => {
    const start = (options: ServeOptions & OptionsFor<'start', Flipped>) => {
      const { readyFile, ...others } = options;
      // @ts-expect-error the simulator does not know flip
      return serve(others, '');
    };
    expectTypeOf(start).toBeFunction();
  });

  it('where a command reads its options', () => {
    const report = (options: OptionsFor<'report', Flipped>) => {
      const { port, host, target, out, strict, adminUser, adminPassword, ...unread } = options;
      // @ts-expect-error flip is left
      unread satisfies AllRead;
      const { flip, ...nothing } = unread;
      nothing satisfies AllRead;
      return flip;
    };
    expectTypeOf(report).toBeFunction();
  });
});
