import type { Settings } from '../config/settings.ts';
import { type StartedMock, startMock } from '../index.ts';
import { watchScenarios } from '../scenario-watch.ts';

/** Starts the simulator as `settings` say; its scenarios follow their files if they should. */
export async function serve(settings: Settings, cwd: string): Promise<StartedMock> {
  const { watch: fixtures, scenarios, scenario, clients } = settings;
  if (fixtures === undefined) return startMock(settings);
  let current = () => scenarios;
  const mock = await startMock({ ...settings, scenarios: () => current() });
  const named = clients.flatMap((client) => client.scenario ?? []);
  const watching = watchScenarios({ fixtures, scenarios, needed: [scenario, ...named], log: mock.log, cwd });
  current = watching.current;
  const close = async () => {
    watching.close();
    await mock.close();
  };
  return { ...mock, close, [Symbol.asyncDispose]: close };
}
