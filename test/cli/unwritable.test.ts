import { existsSync, statSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { useTerminal } from '../support/terminal.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

const { cwd, write } = useWorkingDirectory();
const run = useTerminal(cwd);

/** Places where no file can be made, each with the error of the kernel. Node's recursive mkdir never ends at the first two. */
const PLACES = [
  ['/proc/x', 'ENOENT'],
  ['/proc/self/nope/deeper', 'ENOENT'],
  ['/sys/x', '(EPERM|EACCES|EROFS|ENOENT)'],
  ['/dev/null/x', 'ENOTDIR'],
  ['a-file', '(EEXIST|ENOTDIR)'],
  ['a-file/x', 'ENOTDIR'],
] as const;

const CALL_CONTRACT = JSON.stringify({
  consumer: { name: 'shop' },
  provider: { name: 'videocall' },
  interactions: [],
});

/** What writes files, as the arguments that name `place`, and what its message begins with. */
const WRITERS: Readonly<Record<string, readonly [begin: string, toArgs: (place: string) => string[]]>> = {
  init: ['cannot write', (place) => ['init', place]],
  'exec --report': ['--report', (place) => ['exec', '--report', place, '--', 'echo', 'ran']],
  'exec --ready-file': [
    '--ready-file',
    (place) => ['exec', '--ready-file', path.join(place, 'ready'), '--', 'echo', 'ran'],
  ],
  'start --ready-file': [
    '--ready-file',
    (place) => ['start', '--port', '0', '--ready-file', path.join(place, 'ready')],
  ],
  'verify --json': [
    '--json',
    (place) => ['verify', '--static', '--allow-empty', '--json', path.join(place, 'out.json'), 'pact.json'],
  ],
};

const skipReason = existsSync('/proc/self') ? '' : ' (skipped: there is no /proc)';

describe.skipIf(skipReason)(`a place that cannot be written to${skipReason}`, () => {
  describe.each(Object.entries(WRITERS))('%s', (name, [begin, toArgs]) => {
    it.each(PLACES)(`exits with 2 at once for %s`, async (place, code) => {
      write('a-file', 'mine');
      write('pact.json', CALL_CONTRACT);
      const { exited, errors, output } = run(toArgs(place));
      expect([await exited, errors()]).toEqual([
        2,
        expect.stringMatching(new RegExp(`^mock-veridas: ${begin}: ${code}: .*; choose a place that`)),
      ]);
      if (name !== 'verify --json') expect(output()).toBe('');
    });
  });

  it('report exits with 2 at once', async () => {
    const url = await run(['--port', '0']).ready;
    const { exited, errors } = run(['report', '--target', url, '--out', '/proc/x']);
    expect([await exited, errors()]).toEqual([2, expect.stringContaining('--out: ENOENT')]);
  });

  it('runs without a code cache when the home directory cannot be created', async () => {
    expect(await run(['exec', '--', 'true'], { HOME: '/proc/x' }).exited).toBe(0);
  });

  it.each(['/proc', '/dev/null'])(
    'serves HTTPS and says how to keep the certificate when HOME is %s',
    async (HOME) => {
      const { ready, errors } = run(['--port', '0', '--https'], { HOME });
      await ready;
      expect(errors()).toMatch(
        /^mock-veridas: warn: the certificate cannot be stored, so it changes at every start: .*; to keep it, .*--cert and --key$/m,
      );
    },
  );

  it('init exits with 2 for an empty name', async () => {
    const { exited, errors } = run(['init', '']);
    expect(await exited).toBe(2);
    expect(errors()).toBe('mock-veridas: the name of the folder is empty; leave it out to write here\n');
  });

  it('--ready-file keeps a folder or device of that name', async () => {
    const { exited, errors } = run(['exec', '--ready-file', cwd(), '--', 'echo', 'ran']);
    expect(await exited).toBe(2);
    expect(errors()).toContain('is not a file');
    expect(statSync(cwd()).isDirectory()).toBe(true);
  });
});
