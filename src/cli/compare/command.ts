import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import path from 'node:path';
import { ClientId, ClientSecret } from '../../control/schema/client-format.ts';
import { findMismatches } from '../../control/schema/mismatch.ts';
import { trimTrailingSlashes } from '../../control/schema/paths.ts';
import { createClientRecord } from '../../domain/client.ts';
import { PATHS } from '../../guide/oauth.ts';
import { startMock } from '../../library/index.ts';
import { BadUsage, refuse } from '../../options/bad-usage.ts';
import { parseTimeout } from '../../options/command-rows.ts';
import { formatProblem } from '../../options/file-problem.ts';
import { findProfileProblems, readProfile } from '../../options/profile-file.ts';
import { read } from '../../options/read.ts';
import type { OptionsFor } from '../../options/table.ts';
import { getHostname, isLoopback } from '../../server/address.ts';
import { systemTime } from '../../system/clock.ts';
import { createFolder } from '../../system/create-folder.ts';
import { VERSION } from '../../system/package.ts';
import { describeWriteError } from '../../system/write-error.ts';
import { type Command, EXIT, type Invocation, print, printError, writeResult } from '../command.ts';
import { onStopSignal } from '../stop-signals.ts';
import {
  count,
  formatJson,
  formatMarkdown,
  formatText,
  getPart,
  groupDifferences,
  listParts,
  listUnexpressed,
} from './format.ts';
import { type Interview, type InterviewOptions, interview, MAX_REQUESTS } from './interview.ts';
import { type Account, listQuestions, type Question } from './questions.ts';
import { type Comparison, compareInterviews, listAnswers } from './result.ts';
import { createFittingProfile, formatProfile } from './write-profile.ts';

type Options = OptionsFor<'compare'>;

/** Between two requests to the service, which shall not notice them. */
const PAUSE_MS = 200;
/** However short --timeout is, the simulator gets this long on a busy machine. */
const SIMULATOR_TIMEOUT_MS = 10_000;

function findTargetProblems(target: string | undefined): string[] {
  if (target === undefined) return ['--target: give the address of the service, as in --target https://HOST'];
  const { username, password, pathname } = new URL(target);
  return [
    ...(username + password === ''
      ? []
      : ['--target: must not contain credentials; give --client-id and --client-secret']),
    ...(!/[?#]/.test(target) ? [] : ['--target: must not have a query or fragment']),
    ...(/\/o(?:\/(?:token|revoke_token))?\/?$/.test(pathname)
      ? [`--target: give the address below which the service has ${PATHS.token}, without that path`]
      : []),
  ];
}

const findAccountProblems = ({ clientId, clientSecret }: Partial<Account>): string[] => [
  ...(clientId === undefined
    ? ['--client-id: give the id of a client of the service, or set CLIENT_ID']
    : findMismatches(ClientId, clientId).map(({ message }) => `--client-id: ${message}`)),
  ...(clientSecret === undefined
    ? ['--client-secret: give the secret of this client, or set CLIENT_SECRET']
    : findMismatches(ClientSecret, clientSecret).map(({ message }) => `--client-secret: ${message}`)),
];

function formatQuestions(questions: readonly Question[]): string {
  const account: Account = {
    clientId: 'CLIENT_ID',
    clientSecret: 'CLIENT_SECRET',
    validationId: 'VALIDATION_ID',
  };
  const lines = questions.map((question, index) => {
    const request = question.create({ account, by: 'form', token: () => 'ACCESS_TOKEN' });
    return `${String(index + 1).padStart(2)}. ${question.title}\n    ${request?.method} ${request?.path}  (${getPart(question)})`;
  });
  return [
    ...lines,
    `${questions.length} questions, one at a time; with the revocation of its tokens at most ${MAX_REQUESTS} requests`,
  ].join('\n');
}

/** Where a proxy is set, it may be expected to be used. */
function describeProxy(env: Invocation['env'], { outcomes }: Interview): string {
  const isUnanswered = [...outcomes.values()].some((outcome) => 'none' in outcome);
  const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].find((one) => env[one]);
  return !isUnanswered || name === undefined || env.NODE_USE_ENV_PROXY
    ? ''
    : `; ${name} is set, and is used only by Node.js 24 with NODE_USE_ENV_PROXY=1`;
}

/** Asks a simulator that is started for it. */
async function askSimulator(
  account: Account,
  questions: readonly Question[],
  profile: string | undefined,
  options: InterviewOptions,
): Promise<Interview> {
  const mock = await startMock({
    clients: [createClientRecord({ clientId: account.clientId, clientSecret: account.clientSecret })],
    scenario: 'manual',
    logLevel: 'error',
    profile,
  });
  try {
    return await interview(mock.url, account, questions, {
      ...options,
      pauseMs: 0,
      timeoutMs: Math.max(options.timeoutMs, SIMULATOR_TIMEOUT_MS),
      // What the service has answered is compared, also after a signal.
      stopped: new AbortController().signal,
    });
  } finally {
    await mock.close();
  }
}

/** Why a file cannot be written; asked before anything is sent. */
function findWriteProblems(flag: string, file: string | undefined, cwd: string): string[] {
  if (file === undefined || file === '-') return [];
  const target = path.resolve(cwd, file);
  const isNew = !existsSync(target);
  try {
    createFolder(path.dirname(target));
    closeSync(openSync(target, 'a'));
    if (isNew) rmSync(target);
    return [];
  } catch (error) {
    return [`${flag}: ${describeWriteError(error)}`];
  }
}

/** Files that would overwrite each other. */
function findSharedFiles(files: Readonly<Record<string, string | undefined>>, cwd: string): string[] {
  const flags = new Map<string, string>();
  return Object.entries(files).flatMap(([flag, file]) => {
    if (file === undefined || file === '-') return [];
    const target = path.resolve(cwd, file);
    const other = flags.get(target);
    flags.set(target, flag);
    return other === undefined ? [] : [`${flag}: ${file} is the file of ${other} too; give another one`];
  });
}

interface Run {
  readonly account: Account;
  readonly questions: readonly Question[];
  readonly real: Interview;
  readonly options: Options;
  readonly settings: InterviewOptions;
  readonly cwd: string;
}

const MAX_LABEL_LENGTH = 1000;

/** Writes the profile, and returns what a simulator that answers by it still answers differently. */
async function writeProfile(
  file: string,
  { varying }: Comparison,
  { account, questions, real, options, settings, cwd }: Run,
): Promise<string[]> {
  const { name, ext } = path.parse(file);
  const { profile, leftOut } = createFittingProfile(
    {
      name: name.replace(/[^\w.-]+/g, '-').slice(0, 64) || 'profile',
      at: new Date(systemTime()).toISOString(),
      by: `mock-veridas ${VERSION}`,
      against: options.label.slice(0, MAX_LABEL_LENGTH),
    },
    listAnswers(real),
    varying,
  );
  const write = (notes: readonly string[]) =>
    writeResult('--write', file, formatProfile(profile, notes, ext === '.json'), cwd);
  write(leftOut);
  const again = compareInterviews(await askSimulator(account, questions, file, settings), real);
  const left = groupDifferences(again.compared).map(([text, parts]) => `${text} (${listParts(parts)})`);
  const notes = [...leftOut, ...left, ...again.observations, ...describeEvents(profile.answers)];
  write(notes);
  return notes;
}

/** Events are posted by the page, which only a browser runs. */
const describeEvents = (answers: Readonly<Record<string, unknown>>): string[] =>
  Object.values(answers).some((answer) => typeof answer === 'object' && answer !== null && 'event' in answer)
    ? ['which event the page of /call posts was not seen; the profile assumes VideocallNotFound']
    : [];

function findExitCode(comparison: Comparison, { problem }: Interview): number {
  if (problem !== undefined) return problem.isCredentials ? EXIT.badUsage : EXIT.cannotRun;
  return count(comparison).different > 0 ? EXIT.checkFailed : EXIT.good;
}

/** Compares the real service with the simulator. */
export const compare: Command = async ({ args, env, cwd }) => {
  const { options, problems } = await read('compare', { argv: args, env, cwd });
  const { dryRun, profile, validationId, json, markdown, write, target } = options;
  const questions = listQuestions(validationId !== undefined);
  refuse(problems);
  if (dryRun) {
    print(formatQuestions(questions));
    return EXIT.good;
  }
  const { clientId = env.CLIENT_ID, clientSecret = env.CLIENT_SECRET } = options;
  refuse([
    ...findTargetProblems(target),
    ...findAccountProblems({ ...(clientId && { clientId }), ...(clientSecret && { clientSecret }) }),
    ...(profile === undefined ? [] : findProfileProblems(profile)).map((one) => formatProblem(one, cwd)),
    ...findSharedFiles({ '--json': json, '--markdown': markdown, '--write': write }, cwd),
    ...findWriteProblems('--json', json, cwd),
    ...findWriteProblems('--markdown', markdown, cwd),
    ...findWriteProblems('--write', write, cwd),
  ]);
  const account: Account = { clientId: `${clientId}`, clientSecret: `${clientSecret}`, validationId };
  const address = trimTrailingSlashes(`${target}`);
  const stop = new AbortController();
  onStopSignal(() => {
    if (stop.signal.aborted) process.exit(EXIT.cannotRun);
    stop.abort();
  });
  const settings: InterviewOptions = {
    timeoutMs: parseTimeout(options.timeout) ?? 0,
    pauseMs: PAUSE_MS,
    stopped: stop.signal,
  };
  printError(`asking ${address}: ${questions.length} questions, with a pause after each`);
  if (address.startsWith('http:') && !isLoopback(getHostname(address)))
    printError('the secret is sent unencrypted; use https:// if the service has it');
  const real = await interview(address, account, questions, settings);
  if (real.tokens.length === 0) {
    const message = `${address}: ${real.problem?.message}${describeProxy(env, real)}`;
    if (real.problem?.isCredentials) throw new BadUsage([message]);
    throw new Error(message);
  }
  const run: Run = { account, questions, real, options, settings: { ...settings, by: real.by }, cwd };
  const comparison = compareInterviews(await askSimulator(account, questions, profile, run.settings), real);
  const show = json === '-' ? printError : print;
  show(formatText(comparison));
  const unexpressed = write === undefined ? [] : await writeProfile(write, comparison, run);
  listUnexpressed(unexpressed).forEach(show);

  const about = {
    target: address,
    profile: profile === undefined ? 'early-2021' : readProfile(profile).name,
    at: new Date(systemTime()).toISOString(),
  };
  if (json === '-') process.stdout.write(formatJson(comparison, unexpressed, about));
  if (json !== undefined && json !== '-')
    writeResult('--json', json, formatJson(comparison, unexpressed, about), cwd);
  if (markdown !== undefined)
    writeResult('--markdown', markdown, formatMarkdown(comparison, unexpressed), cwd);
  for (const file of [json, markdown, write])
    if (file !== undefined && file !== '-')
      printError(`wrote ${path.relative(cwd, path.resolve(cwd, file))}`);
  return findExitCode(comparison, real);
};
