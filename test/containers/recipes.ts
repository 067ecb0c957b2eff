import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { useConsumer } from '../support/consumer.ts';
import { explainMissingTestcontainers, TESTCONTAINERS } from '../support/testcontainers.ts';
import { type Containers, ROOT, TEST_MS } from './containers.ts';

const recipe = (file: string) => readFileSync(path.join(ROOT, 'recipes', file), 'utf8');

/** Tests of the recipes that start the image. */
export function describeRecipes({ run }: Containers): void {
  const project = useConsumer(['vitest'], path.join(TESTCONTAINERS, '../..'));

  it(
    'runs the Compose recipe',
    async () => {
      for (const name of ['package.json', 'shop.mjs', 'shop.test.mjs'])
        project.write(name, recipe(`shop/${name}`));
      project.write('docker-compose.yml', recipe('compose/docker-compose.yml'));
      project.write('Dockerfile', 'FROM node:22-bookworm-slim\nWORKDIR /shop\nCOPY . .\n');
      project.write('.dockerignore', 'node_modules/*\n!node_modules/mock-veridas\n');
      const cwd = project.folder();
      const up = ['docker-compose', 'up', '--build', '--exit-code-from', 'tests'];
      const { code, output } = await run(up, { cwd });
      await run(['docker-compose', 'down'], { cwd });
      expect(code, output).toBe(0);
    },
    TEST_MS,
  );

  const why = explainMissingTestcontainers();
  it.skipIf(why)(
    `runs the Testcontainers recipe${why ? ` (${why})` : ''}`,
    async () => {
      project.write('videocall.test.ts', recipe('testcontainers/videocall.test.ts'));
      const command = [process.execPath, project.tool('vitest/vitest.mjs'), 'run', 'videocall.test.ts'];
      // Its reaper is an image of a registry.
      const env = { TESTCONTAINERS_RYUK_DISABLED: 'true', NO_COLOR: '1' };
      const { code, output } = await run(command, { cwd: project.folder(), env });
      expect(output).toMatch(/Tests +1 passed/);
      expect(code).toBe(0);
    },
    TEST_MS,
  );
}
