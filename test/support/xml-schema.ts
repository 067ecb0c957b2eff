import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { findTool } from './tools.ts';

const run = promisify(execFile);
const SCHEMAS = path.join(import.meta.dirname, '../fixtures/schemas');

/** Validates the XML in `file` by a schema of the fixtures. Returns the problems, or an empty string. */
export async function findXmlProblems(schema: string, file: string): Promise<string> {
  const args = ['--noout', '--nonet', '--schema', path.join(SCHEMAS, schema), file];
  const { stderr } = await run(findTool('xmllint') ?? 'xmllint', args).catch((error) => error);
  return stderr.trim() === `${file} validates` ? '' : stderr;
}
