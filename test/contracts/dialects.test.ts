import { describe, expect, it } from 'vitest';
import { createPacts, DIALECTS } from '../support/pact-dialects.ts';
import { useTerminal } from '../support/terminal.ts';
import { skipReason, verifierProblem } from '../support/verifier.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

describe.skipIf(verifierProblem)(`pacts of other libraries${skipReason}`, () => {
  it.each(Object.entries(DIALECTS))(
    "verifies the guide's calls and events as %s writes them",
    async (_, dialect) => {
      createPacts(dialect).forEach((pact, index) => {
        write(`pacts/${index}.json`, JSON.stringify(pact));
      });
      const { exited, output, errors } = run(['verify', 'pacts']);
      const code = await exited;
      expect([code, output() + errors()]).toEqual([0, expect.stringContaining('13 interactions: 13 passed')]);
    },
  );
});
