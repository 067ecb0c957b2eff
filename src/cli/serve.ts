import { type StartedMock, startMock } from '../library/index.ts';
import { watchScenarios } from '../options/scenario-watch.ts';
import type { Settings } from '../options/settings.ts';
import { onUncaught } from './uncaught.ts';

/** Whatever goes wrong behind a running simulator is logged: its users lose an answer at most, and not the simulator. */
function enduring(mock: StartedMock): StartedMock {
  onUncaught((error) => mock.log.failure(error));
  return mock;
}

/** Starts the simulator as `settings` say; its scenarios follow their files if they should. */
export async function serve(settings: Settings, cwd: string): Promise<StartedMock> {
  const { watch: fixtures, scenarios, scenario, clients } = settings;
  if (fixtures === undefined) return enduring(await startMock(settings));
  let current = () => scenarios;
  const mock = await startMock({ ...settings, scenarios: () => current() });
  const named = clients.flatMap((client) => client.scenario ?? []);
  const watching = watchScenarios({ fixtures, scenarios, needed: [scenario, ...named], log: mock.log, cwd });
  current = watching.current;
  const close = async () => {
    watching.close();
    await mock.close();
  };
  return enduring({ ...mock, close, [Symbol.asyncDispose]: close });
}
