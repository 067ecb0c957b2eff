import * as Type from 'typebox';
import { SITUATIONS } from '../domain/coverage.ts';
import { parseDuration } from '../domain/time.ts';
import { Address, anyText, COMMAND_NAMES, FLAG_ONLY, onOff, path, type Row, Switch } from './row.ts';

const VERIFY = { ...FLAG_ONLY, for: ['verify'] } as const;
const TO_VERIFY = { ...VERIFY, group: 'Verification' } as const;
/** The account on the real service. */
const OF_ACCOUNT = { ...TO_VERIFY, for: ['verify', 'compare'] } as const;
const RESULT = { ...VERIFY, group: 'Results' } as const;

const MAX_TIMEOUT_MS = 3_600_000;

/** Parses a duration such as `5s` or `500` into milliseconds. */
export const parseTimeout = (given: string): number | undefined =>
  /^\d{1,7}$/.test(given) ? Number(given) : parseDuration(given);

function isTimeout(given: string): boolean {
  const ms = parseTimeout(given);
  return ms !== undefined && ms > 0 && ms <= MAX_TIMEOUT_MS;
}

const SITUATION_COUNT = Object.keys(SITUATIONS).length;

/** A number as a config file writes it, or a number or percentage as text. */
const MinCoverage = Type.Union(
  [
    Type.Integer({ minimum: 1, maximum: SITUATION_COUNT }),
    Type.Refine(
      Type.String({ pattern: '^[1-9]\\d{0,2}%?$' }),
      (text) => Number.parseInt(text, 10) <= (text.endsWith('%') ? 100 : SITUATION_COUNT),
    ),
  ],
  {
    title: 'coverage',
    description: `a number from 1 to ${SITUATION_COUNT}, or a percentage such as 80%`,
  },
);

/** The commands' own options, besides those of a simulator. */
export const COMMAND_ROWS = {
  target: {
    ...FLAG_ONLY,
    for: ['report', 'verify', 'compare'],
    group: 'Server',
    schema: Address,
    placeholder: 'URL',
    help:
      'server to use, such as http://127.0.0.1:4010, or with USER:PASSWORD@ before the host. Without it, report ' +
      'reads the simulator that runs with the same options, and verify starts one. verify also accepts ' +
      'the real service, and skips the provider states that cannot be set up there. compare needs it',
  },
  provider: {
    ...TO_VERIFY,
    ...anyText('NAME', 'provider', 'the name of the provider in your contracts'),
    default: 'videocall-manager',
  },
  'client-id': {
    ...OF_ACCOUNT,
    variables: ['MOCK_VERIDAS_CLIENT_ID'],
    ...anyText(
      'ID',
      'client id',
      'client of provider states that name none (default CLIENT_ID), or of the service to compare with (default $CLIENT_ID)',
    ),
  },
  'client-secret': {
    ...OF_ACCOUNT,
    variables: ['MOCK_VERIDAS_CLIENT_SECRET'],
    ...anyText(
      'SECRET',
      'client secret',
      'secret of that client (default CLIENT_SECRET; compare: $CLIENT_SECRET)',
      { writeOnly: true },
    ),
  },
  'validation-id': {
    ...OF_ACCOUNT,
    ...anyText(
      'ID',
      'validation id',
      'validation of provider states that name none (default VALIDATION_ID); compare opens it as a call, and no call without it',
    ),
  },
  filter: {
    ...TO_VERIFY,
    ...anyText('REGEXP', 'regular expression', 'verify only interactions whose description or key matches'),
  },
  static: {
    ...TO_VERIFY,
    ...onOff(
      'compare with contracts/openapi.yaml only, without a server; needs @pactflow/openapi-pact-comparator',
    ),
  },
  timeout: {
    ...OF_ACCOUNT,
    schema: Type.Refine(
      Type.String({ title: 'time up to 1h', description: 'a number and ms, s, m or h, as in 5s' }),
      isTimeout,
    ),
    placeholder: 'TIME',
    help: 'time limit for one request, such as 5s',
    default: '10s',
  },
  'allow-unknown-states': {
    ...TO_VERIFY,
    ...onOff('accept unknown provider states, without doing anything for them'),
  },
  'allow-empty': { ...TO_VERIFY, ...onOff('accept pacts without interactions') },
  'list-states': {
    ...TO_VERIFY,
    ...onOff('list the provider states with their parameters and values, and exit'),
  },
  'dry-run': {
    ...FLAG_ONLY,
    for: ['compare'],
    group: 'Verification',
    ...onOff('list the questions, and ask none'),
  },
  json: {
    ...RESULT,
    for: ['verify', 'compare'],
    ...anyText('FILE|-', 'file', 'write the result as JSON; - or no file writes to standard output'),
    bare: '-',
  },
  markdown: {
    ...FLAG_ONLY,
    for: ['compare'],
    group: 'Results',
    ...anyText('FILE', 'file', 'write the result as Markdown, for a ticket'),
  },
  write: {
    ...FLAG_ONLY,
    for: ['compare'],
    group: 'Results',
    schema: path('file'),
    placeholder: 'FILE',
    help: 'write the answers of the service as an answer profile for --profile',
    isPath: true,
  },
  label: {
    ...FLAG_ONLY,
    for: ['compare'],
    group: 'Results',
    ...anyText(
      'TEXT',
      'label',
      'what the written profile calls the service, which it does not name otherwise',
    ),
    default: 'a service',
  },
  junit: { ...RESULT, ...anyText('FILE', 'file', 'write the result as JUnit XML') },
  'fail-on-pending': { ...RESULT, ...onOff('count failed pending interactions as failures') },
  'show-secrets': { ...RESULT, ...onOff('do not mask secrets in output and result files') },
  out: {
    ...FLAG_ONLY,
    for: ['report'],
    group: 'Results',
    schema: path('folder'),
    placeholder: 'DIR',
    help: 'folder to write the report into',
    default: 'mock-veridas-report',
    isPath: true,
  },
  report: {
    for: ['exec'],
    group: 'Results',
    schema: path('folder'),
    placeholder: 'DIR',
    help: 'write a report into this folder when the command ends: HTML, JUnit, Markdown and JSON',
    isPath: true,
  },
  merge: {
    ...FLAG_ONLY,
    for: ['report'],
    group: 'Results',
    ...onOff(
      'merge the reports in these folders DIR, as from the shards of a job, instead of reading a server',
    ),
  },
  'expect-calls': {
    for: ['exec'],
    group: 'Results',
    schema: Type.Integer({
      minimum: 1,
      maximum: 1_000_000,
      title: 'number of calls',
      description: 'a number from 1 to 1000000',
    }),
    placeholder: 'N',
    help: 'exit with 1 if fewer calls were opened, although the command succeeded',
  },
  'min-coverage': {
    for: ['exec', 'report'],
    group: 'Results',
    schema: MinCoverage,
    placeholder: 'N|N%',
    help: 'exit with 1 if fewer situations of the guide were played; exec: only if the command itself succeeded',
  },
  strict: {
    for: ['exec', 'report'],
    group: 'Results',
    ...onOff('exit with 1 if there are findings; exec: only if the command itself succeeded'),
  },
  help: {
    ...FLAG_ONLY,
    for: COMMAND_NAMES,
    group: 'General',
    schema: Switch,
    help: 'print this help',
    short: 'h',
  },
  version: {
    ...FLAG_ONLY,
    for: COMMAND_NAMES,
    group: 'General',
    schema: Switch,
    help: 'print the version',
    short: 'v',
  },
} as const satisfies Record<string, Row>;
