import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { buildChanged, type Change } from '../support/changed-command.ts';
import { startRedis } from '../support/redis.ts';
import { NPM_START, useTerminal } from '../support/terminal.ts';
import { explainMissingTool } from '../support/tools.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

// The folder has no config file, so the command reads none.
const { cwd } = useWorkingDirectory();
const run = useTerminal(cwd);

const isListening = (url: string) =>
  new Promise<boolean>((resolve) => {
    const { port, hostname } = new URL(url);
    const socket = connect(Number(port), hostname);
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

describe('mock-veridas start', () => {
  it('prints the ready line first and serves at the address in it', async () => {
    const { ready, output } = run(['--port', '0']);
    const url = await ready;
    expect(output().split('\n')[0]).toBe(`mock-veridas listening on ${url}`);
    expect((await fetch(`${url}/__admin/health`)).status).toBe(200);
  });

  it('listens on the same port over IPv4 and IPv6', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    expect(await isListening(`http://127.0.0.1:${port}`)).toBe(true);
    expect((await fetch(`http://[::1]:${port}/__admin/health`)).status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 on %s and closes the port', async (signal) => {
    const { ready, child, exited } = run(['start', '--port', '0']);
    const url = await ready;
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(await isListening(url)).toBe(false);
  });

  it('exits with 0 on SIGTERM despite an open stream and a half-sent request', async () => {
    const { ready, child, exited } = run(['--port', '0']);
    const url = await ready;
    const stream = await fetch(`${url}/call/events?ticket=x&poll=1`);
    expect(stream.status).toBe(200);
    const half = connect(Number(new URL(url).port), '127.0.0.1', () => {
      half.write('POST /o/token/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
      child.kill('SIGTERM');
    });
    half.on('error', () => {});
    expect(await exited).toBe(0);
  });

  it('stops when npm start receives SIGTERM', async () => {
    const { ready, child, exited } = run(['--port', '0'], {}, NPM_START);
    const url = await ready;
    child.kill('SIGTERM');
    await exited;
    expect(await isListening(url)).toBe(false);
  });

  it('exits with 3 and one error line when the port is in use', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    const second = run(['--port', port]);
    expect(await second.exited).toBe(3);
    expect(second.errors()).toBe(
      `mock-veridas: cannot listen on 127.0.0.1 port ${port}: the port is in use; choose another with --port, or 0 for a free one\n`,
    );
  });

  it.each(['', '.'])(
    'serves HTTPS with HOME "%s" and writes no certificate to the working directory',
    async (HOME) => {
      const { ready, errors } = run(['--port', '0', '--https'], { HOME });
      await ready;
      expect(errors()).toContain('the certificate cannot be stored, so it changes at every start');
      expect(existsSync(path.join(cwd(), '.mock-veridas'))).toBe(false);
    },
  );

  it('exits with 2 for an unknown flag and suggests the closest one', async () => {
    const { exited, errors, output } = run(['--prot', '1']);
    expect(await exited).toBe(2);
    expect([errors(), output()]).toEqual(['mock-veridas: --prot: is not a flag; did you mean --port?\n', '']);
  });

  it.each([
    [['start', '--strict'], '--strict: is not a flag of start; exec and report take it'],
    [['--report', 'folder'], '--report: is not a flag of start; exec takes it'],
    [['healthcheck', '--watch'], '--watch: is not a flag of healthcheck; start and exec take it'],
  ])('exits with 2 for %j and names the commands that take the flag', async (args, message) => {
    const { exited, errors, output } = run(args);
    expect([await exited, errors(), output()]).toEqual([2, `mock-veridas: ${message}\n`, '']);
  });

  it('exits with 2 for an unknown command', async () => {
    const { exited, errors } = run(['fly']);
    expect(await exited).toBe(2);
    expect(errors()).toContain('there is no command "fly"');
  });

  it('exits with 2 for an invalid config file and reports every problem with line and column', async () => {
    const file = path.join(cwd(), 'faulty.yaml');
    writeFileSync(file, 'prot: 4010\nport: many\nclients:\n  - client_id: shop\n');
    const { exited, errors } = run(['--config', file]);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(/faulty\.yaml:1:1.*prot/);
    expect(errors()).toMatch(/faulty\.yaml:2:7.*port/);
    expect(errors()).toMatch(/faulty\.yaml:4:5.*client_secret/);
  });

  it('reads clients from the config file', async () => {
    const file = path.join(cwd(), 'clients.yaml');
    writeFileSync(file, 'clients:\n  - { client_id: shop, client_secret: from-file }\n');
    const url = await run(['--port', '0', '--config', file]).ready;
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: 'shop',
      client_secret: 'from-file',
    });
    expect((await fetch(`${url}/o/token/`, { method: 'POST', body })).status).toBe(200);
  });

  it('prints neither client secrets nor stack traces', async () => {
    const { ready, output, errors, child, exited } = run(['--port', '0', '--client', 'shop:very-secret']);
    const url = await ready;
    await fetch(`${url}/o/token/`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: 'very-secret', client_secret: 'shop' }),
    });
    child.kill();
    await exited;
    expect(output() + errors()).not.toMatch(/very-secret|\bat .*:\d+:\d+/);
  });
});

describe('mock-veridas healthcheck', () => {
  it('exits with 0 when the server with the same settings is healthy', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    expect(await run(['healthcheck'], { MOCK_VERIDAS_PORT: port }).exited).toBe(0);
  });

  it('exits with 1 when no server answers', async () => {
    const { ready, child, exited } = run(['--port', '0']);
    const { port } = new URL(await ready);
    child.kill();
    await exited;
    const check = run(['healthcheck', '--port', port]);
    expect(await check.exited).toBe(1);
    expect(check.errors()).toContain('no answer');
  });

  it('exits with 2 for port 0, since the real port is unknown', async () => {
    expect(await run(['healthcheck', '--port', '0']).exited).toBe(2);
  });
});

describe('--help and --version', () => {
  it.each(['-h', '-vh', '-hv', '-hp80'])('prints the help for %s', async (flag) => {
    const { exited, output } = run([flag]);
    expect([await exited, output()]).toEqual([0, expect.stringContaining('Usage: mock-veridas')]);
  });

  it('prints with --help that the simulator is unofficial', async () => {
    const { exited, output } = run(['--help']);
    expect(await exited).toBe(0);
    expect(output()).toMatch(/unofficial/i);
  });

  it('prints only the flags of the given command with --help', async () => {
    const { exited, output } = run(['report', '--help']);
    expect(await exited).toBe(0);
    expect(output()).toMatch(/^Usage: mock-veridas report \[DIR\.\.\.\] \[FLAGS\]\n/);
    expect(output()).toContain('--out DIR');
    expect(output()).not.toContain('--token-format');
  });

  it('prints the version with --version', async () => {
    const { exited, output } = run(['--version']);
    expect(await exited).toBe(0);
    expect(output()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('mock-veridas exec', () => {
  const execShell = (script: string, ...flags: string[]) => run(['exec', ...flags, '--', 'sh', '-c', script]);

  it("exits with the command's exit code", async () => {
    expect(await execShell('exit 7').exited).toBe(7);
  });

  it.skipIf(explainMissingTool('redis'))(
    "exits with the command's exit code even when the store is unavailable",
    async () => {
      const redis = await startRedis();
      try {
        const script = 'echo up; until [ -e gone ]; do sleep 0.05; done; exit 7';
        const { exited, output, errors } = execShell(script, '--store', redis.url);
        await expect.poll(output).toBe('up\n');
        await redis.signal('SIGKILL');
        writeFileSync(path.join(cwd(), 'gone'), '');
        expect(await exited).toBe(7);
        expect(errors()).toContain('cannot read the findings: the store at');
      } finally {
        await redis.stop();
      }
    },
  );

  it('exits with 128 plus the number of the signal that ended the command', async () => {
    expect(await execShell('kill -9 $$').exited).toBe(137);
  });

  it('passes the simulator URLs to the command and writes nothing else to stdout', async () => {
    const script =
      'curl -s $VIDEOCALL_URL/o/token/ -u $CLIENT_ID:$CLIENT_SECRET -d grant_type=client_credentials';
    const { exited, output } = execShell(`${script}; echo; echo $VIDEOCALL_BROWSER_URL $VIDEOCALL_ADMIN_URL`);
    expect(await exited).toBe(0);
    expect(output()).toMatch(
      /^\{"access_token": "\w{30}".*\}\nhttp:\/\/videocall\.localhost:(\d+) http:\/\/127\.0\.0\.1:\1\/__admin\n$/,
    );
  });

  it('closes the port when the command ends', async () => {
    const { exited, output } = execShell('echo $VIDEOCALL_URL');
    await exited;
    expect(await isListening(output().trim())).toBe(false);
  });

  it('forwards SIGTERM to the command', async () => {
    const { child, exited, output } = execShell('trap "exit 9" TERM; echo up; while :; do sleep 0.05; done');
    await expect.poll(output).toBe('up\n');
    child.kill('SIGTERM');
    expect(await exited).toBe(9);
  });

  it('ignores PORT and passes it to the command', async () => {
    const { exited, output } = run(['exec', '--', 'sh', '-c', 'echo $PORT $VIDEOCALL_URL'], { PORT: '4999' });
    expect(await exited).toBe(0);
    expect(output()).toMatch(/^4999 http:\/\/127\.0\.0\.1:(?!4999)\d+\n$/);
  });

  it('kills a command that ignores the first signal at the second', async () => {
    const { child, exited, output } = execShell(
      'trap "echo ignored" TERM; echo up; while :; do sleep 0.05; done',
    );
    await expect.poll(output).toBe('up\n');
    child.kill('SIGTERM');
    await expect.poll(output).toBe('up\nignored\n');
    child.kill('SIGTERM');
    expect(await exited).toBe(137);
  });

  it('waits for a command of another user, which gets no signal from it', async () => {
    const refused: Change = {
      file: 'cli/exec.ts',
      snippet: 'child.kill(signal)',
      replacement: "child.emit('error', new Error('kill EPERM'))",
    };
    const command = await buildChanged('exec-refused-signal', [refused]);
    onTestFinished(() => rmSync(command));
    const { child, exited, output, errors } = run(
      ['exec', '--', 'sh', '-c', 'echo up; read line; exit 9'],
      {},
      [process.execPath, command],
    );
    await expect.poll(output).toBe('up\n');
    child.kill('SIGTERM');
    await expect.poll(errors).toMatch(/the signal cannot be passed to sh: kill EPERM; waiting for its end\n/);
    child.stdin?.end('\n');
    expect(await exited).toBe(9);
  });

  it('exits with 3 before running the command when the simulator cannot start', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    const { exited, output, errors } = execShell('echo ran', '--port', port);
    expect(await exited).toBe(3);
    expect([output(), errors()]).toEqual(['', expect.stringContaining('the port is in use')]);
  });

  describe('findings', () => {
    const missingSlash = 'curl -s -o /dev/null -X POST $VIDEOCALL_URL/o/token -d client_id=$CLIENT_ID; exit';

    it('prints findings after the command and keeps its exit code', async () => {
      const { exited, errors } = execShell(missingSlash);
      expect(await exited).toBe(0);
      expect(errors()).toMatch(
        /error: .*trailing slash in its path \(missing-trailing-slash, guide 5\.2\)\n {2}seen once: POST/,
      );
    });

    it('exits with 1 for a finding with --strict', async () => {
      expect(await execShell(missingSlash, '--strict').exited).toBe(1);
    });

    it('keeps the exit code of a failed command with --strict', async () => {
      expect(await execShell(`${missingSlash} 7`, '--strict').exited).toBe(7);
    });
  });

  it('prints only the coverage and exits with 0 with --strict when there are no findings', async () => {
    const { exited, errors } = execShell('true', '--strict');
    expect([await exited, errors()]).toEqual([0, expect.stringMatching(/^mock-veridas: coverage .*\n$/)]);
  });

  it.each([
    [['exec'], /after --/],
    [['exec', '--', 'no-such-program'], /command not found$/m],
    [['exec', '--', 'npm test'], /cannot run npm test: command not found; .*: exec -- npm test$/m],
    [['exec', '--', 'A_KEY=secret', 'npm', 'test'], /cannot run A_KEY=…: .*: exec -- env A_KEY=… COMMAND$/m],
    [['exec', '--', 'A_KEY=secret npm test'], /cannot run A_KEY=…: .*: exec -- env A_KEY=… COMMAND$/m],
    [['exec', '--', 'export A_KEY=secret; npm test'], /cannot run A_KEY=…: .*COMMAND$/m],
    [['exec', '--', ''], /no command given/],
    [['exec', 'npm', 'test'], /no command given; .*: use npx\)$/m],
    [['exec', '--', 'npm test && true'], /: exec -- sh -c 'npm test && true'$/m],
    [['exec', '--prot', '1', '--', 'true'], /--prot/],
  ])('exits with 2 for %j', async (args, text) => {
    const { exited, errors } = run(args);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(text);
  });
});

describe('--ready-file', () => {
  it('writes the URLs and pid to the ready file and deletes it on exit', async () => {
    const file = path.join(cwd(), 'ready.json');
    const { ready, child, exited } = run(['--port', '0', '--ready-file', file]);
    const url = await ready;
    await expect.poll(() => existsSync(file)).toBe(true);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({
      url,
      browserUrl: url.replace('127.0.0.1', 'videocall.localhost'),
      adminUrl: `${url}/__admin`,
      pid: child.pid,
    });
    child.kill();
    await exited;
    expect(existsSync(file)).toBe(false);
  });
});

describe('--ready-file when the simulator cannot start', () => {
  it('deletes the ready file of an earlier run', async () => {
    const file = path.join(cwd(), 'stale.json');
    writeFileSync(file, '{"url":"http://127.0.0.1:1"}');
    const { port } = new URL(await run(['--port', '0']).ready);
    expect(await run(['--port', port, '--ready-file', file]).exited).toBe(3);
    expect(existsSync(file)).toBe(false);
  });

  it('exits with 2 when the ready file cannot be written', async () => {
    const { exited, errors, output } = run(['--port', '0', '--ready-file', cwd()]);
    expect(await exited).toBe(2);
    expect([errors(), output()]).toEqual([expect.stringContaining('--ready-file'), '']);
  });
});

describe('mock-veridas start with arguments after --', () => {
  it('exits with 2 instead of ignoring arguments after --', async () => {
    expect(await run(['start', '--port', '0', '--', '--prot', '1']).exited).toBe(2);
  });
});

describe('mock-veridas validate', () => {
  it.each([
    [
      'name: sandbox',
      '1:1 this is neither a scenario nor an answer profile; give a map with name and steps, or with name and answers',
    ],
    ['- a list', '1:1 this is neither a scenario nor an answer profile; '],
    ['name: sandbox\nanswrs: {}', "2:1 'answrs' is not known here; did you mean 'answers'?"],
    ['name: sandbox\nexpires_in: 60', '1:1 answers is missing'],
    ['name: unfinished\ndescription: D', '1:1 steps is missing'],
    ['name: unfinished\nstep: []', "2:1 'step' is not known here; did you mean 'steps'?"],
    ['name: [', '2:1 Flow sequence'],
  ])('takes the file %j for a scenario, an answer profile or neither', async (text, problem) => {
    writeFileSync(path.join(cwd(), 'unfinished.yaml'), `${text}\n`);
    const { exited, errors } = run(['validate', 'unfinished.yaml']);
    expect(await exited).toBe(2);
    expect(errors()).toContain(problem);
  });

  it('validates a file only once when it is given twice, also after --', async () => {
    const happy = path.join(import.meta.dirname, '../../fixtures/scenarios/happy.yaml');
    const { exited, output } = run(['validate', happy, '--', happy]);
    expect(await exited).toBe(0);
    expect(output().match(/^ok: /gm)).toHaveLength(1);
  });

  it('exits with 2 for a folder without scenarios', async () => {
    const empty = mkdtempSync(path.join(cwd(), 'empty-'));
    expect(await run(['validate', empty]).exited).toBe(2);
  });

  it('exits with 0 for the bundled scenarios', async () => {
    const { exited, output } = run(['validate', path.join(import.meta.dirname, '../../fixtures/scenarios')]);
    expect(await exited).toBe(0);
    expect(output().match(/^ok: /gm)).toHaveLength(17);
  });

  it('exits with 2 and reports every problem in all files with line and column', async () => {
    writeFileSync(
      path.join(cwd(), 'one.yaml'),
      'name: one\nsteps:\n  - { after: -1s, agent: join }\n  - { after: 1s, agent: dance }\n',
    );
    writeFileSync(path.join(cwd(), 'two.yaml'), 'name: two\nsteps:\n  - { after: 1s, agent: start }\n');
    const { exited, errors } = run(['validate', 'one.yaml', 'two.yaml']);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(
      /^one\.yaml:3:14 after.*\none\.yaml:4:25 agent.*\ntwo\.yaml:3:5 step: the agent cannot start/,
    );
  });

  it.each([[['validate']], [['validate', 'no-such.yaml']], [['validate', '--quick']]])(
    'exits with 2 for %j',
    async (args) => {
      expect(await run(args).exited).toBe(2);
    },
  );
});
