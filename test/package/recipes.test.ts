import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { Deployment } from 'kubernetes-models/apps/v1';
import { Secret, Service } from 'kubernetes-models/v1';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { atLeast } from '../support/at-least.ts';
import { type Environment, type Outcome, useCiMachine } from '../support/ci-machine.ts';
import { ciProblems } from '../support/ci-schemas.ts';
import { createPlaywrightConfig, useConsumer } from '../support/consumer.ts';
import { findFreePort } from '../support/redis.ts';
import { explainMissingTestcontainers, TESTCONTAINERS } from '../support/testcontainers.ts';
import { explainMissingTool } from '../support/tools.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const RECIPES = path.join(ROOT, 'recipes');
const recipe = (file: string) => readFileSync(path.join(RECIPES, file), 'utf8');
const filesIn = (folder: string) =>
  atLeast(1, readdirSync(path.join(RECIPES, folder))).map((name) => `${folder}/${name}`);

const KUBERNETES = { Deployment, Secret, Service };

/** Environment variables that the image sets. */
const IMAGE = Object.fromEntries(
  [...readFileSync(path.join(ROOT, 'Dockerfile'), 'utf8').matchAll(/^ENV (MOCK_VERIDAS_\w+)=(\S+)$/gm)].map(
    ([, name = '', value = '']) => [name, value],
  ),
);
/** Commands of recipes that need not run in the test project. */
const SKIPPED_COMMANDS = ['npm ci'];

const project = useConsumer(['vitest', '@playwright/test', 'typescript', '@types/node']);
const ci = useCiMachine(() => project.folder());

/** Writes the shop into the project, and returns a recipe. Both use free ports. */
async function checkOut(file: string) {
  rmSync(path.join(project.folder(), 'reports'), { recursive: true, force: true });
  const [mock, shop] = [await findFreePort(), await findFreePort()];
  const here = (text: string) => text.replaceAll('4010', String(mock)).replaceAll('3000', String(shop));
  for (const name of readdirSync(path.join(RECIPES, 'shop')))
    project.write(name, here(recipe(`shop/${name}`)));
  return { text: here(recipe(file)), here, port: { MOCK_VERIDAS_PORT: mock } };
}

const waitForSuccess = (command: string, env?: Environment) =>
  expect.poll(async () => (await ci.bash(command, env)).code).toBe(0);

/** Starts the simulator as its image does, and waits until its health check passes. */
async function serve(environment: Environment, health = '/app/node_modules/.bin/mock-veridas healthcheck') {
  const env = { ...IMAGE, ...environment };
  ci.start(['node_modules/.bin/mock-veridas', 'start'], env);
  await waitForSuccess(health.replace('/app/', ''), env);
}

interface KubernetesVariable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly key: string } };
}

interface Step {
  readonly run?: string;
  readonly uses?: string;
  readonly if?: string;
  readonly with?: { readonly path?: string };
}

/** Runs the steps of a job. After a failure, only steps with `always()` run. Returns the failures. */
async function runSteps(steps: readonly Step[], env: Environment): Promise<Outcome[]> {
  const failed: Outcome[] = [];
  for (const { run, if: condition } of steps) {
    if (
      run === undefined ||
      SKIPPED_COMMANDS.includes(run) ||
      (failed.length > 0 && condition !== 'always()')
    )
      continue;
    const outcome = await ci.bash(run, env);
    if (outcome.code !== 0) failed.push(outcome);
  }
  return failed;
}

const exists = (file: string) =>
  statSync(path.join(project.folder(), file), { throwIfNoEntry: false }) !== undefined;
const REPORT = ['report.html', 'junit.xml'];

describe('CI recipes', () => {
  it.each(filesIn('github'))('%s is a valid GitHub workflow', (file) => {
    expect(ciProblems.github(recipe(file))).toEqual([]);
  });
  it.each(filesIn('gitlab'))('%s is a valid GitLab pipeline', (file) => {
    expect(ciProblems.gitlab(recipe(file))).toEqual([]);
  });
  it.each(filesIn('compose'))('%s conforms to the Compose specification', (file) => {
    expect(ciProblems.compose(recipe(file))).toEqual([]);
  });

  it.each(filesIn('kubernetes'))('%s conforms to the schemas of Kubernetes', (file) => {
    const validate = (text: string) => {
      for (const manifest of parseAllDocuments(text).map((document) => document.toJS()))
        new KUBERNETES[manifest.kind as keyof typeof KUBERNETES](manifest).validate();
    };
    validate(recipe(file));
    expect(() => validate(recipe(file).replace('containerPort', 'containerPrt'))).toThrow('containerPort');
  });

  it.each(filesIn('github'))('runs the commands of %s', async (file) => {
    const { text, port } = await checkOut(file);
    const { env, services, steps } = parse(text).jobs.test;
    const [, health] = /--health-cmd "([^"]+)"/.exec(services?.videocall.options) ?? [];
    if (services !== undefined) await serve({ ...services.videocall.env, ...port }, health);
    if (file.endsWith('background.yml')) ci.stopLater('videocall.json');
    expect(await runSteps(steps, { CI: 'true', ...env, ...port })).toEqual([]);
    const kept = (steps as Step[]).flatMap((step) => step.with?.path ?? []);
    expect(kept.flatMap((folder) => REPORT.filter((name) => !exists(`${folder}/${name}`)))).toEqual([]);
    expect(kept).not.toEqual([]);
  });

  it.each(filesIn('gitlab'))('runs the commands of %s', async (file) => {
    const { text, port } = await checkOut(file);
    const { variables, services, script, after_script: after = [], artifacts } = parse(text).videocall;
    for (const service of services ?? []) await serve({ ...service.variables, ...port });
    const steps = [...script, ...after].map((run: string) => ({ run }));
    expect(await runSteps(steps, { CI: 'true', ...variables, ...port })).toEqual([]);
    expect([...artifacts.paths, artifacts.reports.junit].filter((name: string) => !exists(name))).toEqual([]);
  });

  it('runs the services of compose/docker-compose.yml', async () => {
    const { text, port } = await checkOut('compose/docker-compose.yml');
    const { videocall, shop, tests } = parse(text, { merge: true }).services;
    const shell = (words: readonly string[]) => words.map((word) => `"${word}"`).join(' ');
    await serve({ ...videocall.environment, ...port });
    ci.start(shop.command, shop.environment);
    await waitForSuccess(shell(shop.healthcheck.test.slice(1)), shop.environment);
    expect(await runSteps([{ run: shell(tests.command) }], tests.environment)).toEqual([]);
  });

  it('starts the container of kubernetes/videocall.yaml, which its probes find ready', async () => {
    const { text, port } = await checkOut('kubernetes/videocall.yaml');
    const [secret, deployment, service] = parseAllDocuments(text).map((document) => document.toJS());
    const { selector, template } = deployment.spec;
    const [container] = template.spec.containers;
    const env = Object.fromEntries(
      (container.env as KubernetesVariable[]).map(({ name, value, valueFrom }) => [
        name,
        value ?? secret.stringData[valueFrom?.secretKeyRef.key ?? ''],
      ]),
    );
    await serve({ ...env, ...port });
    const { path: ready, port: readyPort } = container.readinessProbe.httpGet;
    // The kubelet asks by the address of the pod, and without credentials.
    const ask = `curl --fail -s -H "Host: 10.1.2.3:${readyPort}" http://127.0.0.1:${readyPort}${ready}`;
    expect((await ci.bash(ask)).output).toContain('"status":"ok"');
    const ports = [
      container.livenessProbe.tcpSocket.port,
      container.ports[0].containerPort,
      service.spec.ports[0].port,
    ];
    expect(ports).toEqual(ports.map(() => Number(port.MOCK_VERIDAS_PORT)));
    expect([selector.matchLabels, service.spec.selector]).toEqual([
      template.metadata.labels,
      template.metadata.labels,
    ]);
    const token = `curl --fail -s ${env.MOCK_VERIDAS_BROWSER_URL.replace('videocall', '127.0.0.1')}/o/token/ -d grant_type=client_credentials --user ${env.MOCK_VERIDAS_CLIENT}`;
    expect((await ci.bash(token)).output).toContain('access_token');
  });

  const noChromium = explainMissingTool('chromium');
  it.skipIf(noChromium)(`runs the tests of playwright/${noChromium ? ` (${noChromium})` : ''}`, async () => {
    const { text, here, port } = await checkOut('playwright/playwright.config.ts');
    project.write('tests/playwright.config.ts', text);
    // The recipe's configuration, with the Chromium of this machine.
    const ours = createPlaywrightConfig().replace('defineConfig({', 'defineConfig(recipe, {');
    project.write('playwright.config.ts', `import recipe from './tests/playwright.config.ts';\n${ours}`);
    for (const name of ['web-server.spec.ts', 'fixture.spec.ts', 'fixed-credentials.spec.ts'])
      project.write(`tests/${name}`, here(recipe(`playwright/${name}`)));
    const { code, output } = await ci.bash('node node_modules/@playwright/test/cli.js test tests/', port);
    expect(output).toContain('6 passed');
    expect(code).toBe(0);
  });

  it.skipIf(noChromium)(
    `meets every situation of the guide with coverage/${noChromium ? ` (${noChromium})` : ''}`,
    { timeout: 300_000 },
    async () => {
      const { text, here } = await checkOut('coverage/playwright.config.ts');
      project.write('coverage/playwright.config.ts', text);
      const ours = createPlaywrightConfig().replace('defineConfig({', 'defineConfig(recipe, {');
      project.write('playwright.config.ts', `import recipe from './coverage/playwright.config.ts';\n${ours}`);
      const spec = 'coverage/every-situation.spec.ts';
      project.write(spec, here(recipe(spec)));
      const { code, output } = await ci.bash(
        'npx --no-install mock-veridas exec --min-coverage 100% -- node node_modules/@playwright/test/cli.js test coverage/',
      );
      expect(output).toMatch(/mock-veridas: coverage (\d+) of \1 situations\n/);
      expect(code).toBe(0);
    },
  );

  it('runs testcontainers/videocall.test.ts with the command instead of a container', async () => {
    project.write('videocall.test.ts', recipe('testcontainers/videocall.test.ts'));
    project.write('stand-in.mjs', STAND_IN);
    project.write(
      'vitest.config.mjs',
      "export default { resolve: { alias: { testcontainers: '/stand-in.mjs' } } };",
    );
    const { code, output } = await ci.bash(
      'node node_modules/vitest/vitest.mjs run videocall.test.ts',
      IMAGE,
    );
    expect(output).toMatch(/Tests +1 passed/);
    expect(code).toBe(0);
  });

  const noTestcontainers = explainMissingTestcontainers();
  it.skipIf(noTestcontainers)(
    `type-checks all recipes in TypeScript${noTestcontainers ? ` (${noTestcontainers})` : ''}`,
    async () => {
      const files = ['playwright', 'coverage', 'testcontainers'].flatMap(filesIn);
      for (const file of files) project.write(`typed/${file}`, recipe(file));
      const compilerOptions = {
        module: 'NodeNext',
        target: 'ES2022',
        lib: ['ES2023', 'ESNext.Disposable', 'DOM'],
        strict: true,
        noEmit: true,
        skipLibCheck: true,
        types: ['node'],
        paths: { testcontainers: [path.join(TESTCONTAINERS, 'build/index.d.ts')] },
      };
      project.write('tsconfig.json', JSON.stringify({ compilerOptions, include: ['typed'] }));
      const { output } = await project.node([project.tool('typescript/bin/tsc'), '-p', '.']);
      expect(output).toBe('');
    },
  );
});

/** Replaces Testcontainers: it runs the published command instead of a container. */
const STAND_IN = `
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export const Wait = { forLogMessage: (pattern) => pattern };

export class GenericContainer {
  withExposedPorts() {
    return this;
  }
  withEnvironment(env) {
    this.env = env;
    return this;
  }
  withWaitStrategy(pattern) {
    this.pattern = pattern;
    return this;
  }
  async start() {
    const env = { ...process.env, MOCK_VERIDAS_PORT: '0', ...this.env };
    const child = spawn('node_modules/.bin/mock-veridas', ['start'], { env });
    for await (const line of createInterface({ input: child.stdout })) {
      if (!this.pattern.test(line)) continue;
      child.stdout.resume();
      const port = Number(/:(\\d+)/.exec(line)[1]);
      return {
        getHost: () => 'localhost',
        getMappedPort: () => port,
        stop: () => Promise.all([once(child, 'exit'), child.kill()]),
      };
    }
    throw new Error('it ended before it was ready');
  }
}
`;
