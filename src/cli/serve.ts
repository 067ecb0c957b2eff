import { launchMock, type StartedMock } from '../library/launch-mock.ts';
import type { StartOptions } from '../options/start-options.ts';
import type { Only } from '../options/table.ts';
import type { LaunchOptions } from '../server/mock-options.ts';
import { onUncaught } from './uncaught.ts';

/** Uncaught errors are logged and do not end the simulator: at most one answer is lost. */
function logUncaughtErrors(mock: StartedMock): StartedMock {
  onUncaught((error) => mock.log.failure(error));
  return mock;
}

/** Starts a simulator for `start` and `exec`. */
export type ServeOptions = Omit<StartOptions<'start'>, 'readyFile'>;

/** Starts the simulator with `options`; with `--watch`, its scenarios follow their files. */
export async function serve<O extends ServeOptions>(
  options: Only<LaunchOptions & Pick<ServeOptions, 'watched'>, O>,
  cwd: string,
): Promise<StartedMock> {
  const { watched: fixtures, ...given }: ServeOptions = options;
  const { scenarios, scenario, clients, validations = [] } = given;
  if (fixtures === undefined) return logUncaughtErrors(await launchMock(given));
  // What reads YAML is loaded for a start that needs it.
  const { watchScenarios } = await import('../options/scenario-watch.ts');
  let current = () => scenarios;
  const mock = await launchMock({ ...given, scenarios: () => current() });
  const named = [...clients, ...validations].flatMap((one) => one.scenario ?? []);
  const needed = [scenario, ...named];
  const watch = async () => watchScenarios({ fixtures, scenarios, needed, log: mock.log, cwd });
  const scenarioWatch = await watch().catch(async (error) => {
    await mock.close();
    throw error;
  });
  current = scenarioWatch.current;
  const close = async () => {
    scenarioWatch.close();
    await mock.close();
  };
  return logUncaughtErrors({ ...mock, close, [Symbol.asyncDispose]: close });
}
