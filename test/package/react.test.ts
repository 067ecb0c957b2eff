import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { useCiMachine } from '../support/ci-machine.ts';
import { createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { getProgram } from '../support/docs.ts';
import { findFreePort } from '../support/redis.ts';
import { explainMissingTool } from '../support/tools.ts';
import { explainMissingVite, VITE } from '../support/vite.ts';

const RECIPE = path.join(import.meta.dirname, '../../recipes/react');

const why = explainMissingTool('chromium') ?? explainMissingVite();
const project = useConsumer(['@playwright/test'], VITE);
const ci = useCiMachine(() => project.folder());

it.skipIf(why)(
  `tests a React application with fixed credentials in parallel${why ? ` (${why})` : ''}`,
  { timeout: 600_000 },
  async () => {
    const port = String(await findFreePort());
    for (const name of readdirSync(RECIPE))
      project.write(name, readFileSync(path.join(RECIPE, name), 'utf8').replaceAll('3000', port));
    project.write('docs.spec.ts', getProgram('fixed-credentials.spec.ts'));
    // The recipe's configuration, with the Chromium of this machine.
    const ours = createPlaywrightConfig().replace('defineConfig({', 'defineConfig({ ...recipe,');
    const config = `import recipe from './playwright.config.ts';\n${ours}`
      .replace(/(workers|timeout): [\d_]+,/g, '')
      .replace('use: {', 'use: { ...recipe.use,');
    project.write('with-chromium.config.ts', config);
    const { code, output } = await ci.bash(
      'node_modules/.bin/mock-veridas exec -- node node_modules/@playwright/test/cli.js test --config with-chromium.config.ts',
    );
    expect(output).toContain('using 4 workers');
    expect(output).toContain('5 passed');
    // Each test has removed its client, and closed its page, maybe before the page could report its last event.
    expect(output).toMatch(
      /mock-veridas: coverage [1-5] of 31 situations; not yet: token refused and then issued, /,
    );
    expect(code).toBe(0);
  },
);
