import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { NPM_START, useTerminal } from '../support/terminal.ts';
import { explainMissingTool } from '../support/tools.ts';
import { useWorkingDirectory } from '../support/working-directory.ts';

// Its folder holds no config file, so that none is read.
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
  it('prints the ready line first and alone, and serves at the address in it', async () => {
    const { ready, output } = run(['--port', '0']);
    const url = await ready;
    expect(output().split('\n')[0]).toBe(`mock-veridas listening on ${url}`);
    expect((await fetch(`${url}/__admin/health`)).status).toBe(200);
  });

  it('listens on IPv4 and IPv6, on the same port', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    expect(await isListening(`http://127.0.0.1:${port}`)).toBe(true);
    expect((await fetch(`http://[::1]:${port}/__admin/health`)).status).toBe(200);
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends with 0 on %s and leaves nothing listening',
    async (signal) => {
      const { ready, child, exited } = run(['start', '--port', '0']);
      const url = await ready;
      child.kill(signal);
      expect(await exited).toBe(0);
      expect(await isListening(url)).toBe(false);
    },
  );

  it('ends on SIGTERM although a stream is open and a request is half sent', async () => {
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

  it('ends when npm start is told to', async () => {
    const { ready, child, exited } = run(['--port', '0'], {}, NPM_START);
    const url = await ready;
    child.kill('SIGTERM');
    await exited;
    expect(await isListening(url)).toBe(false);
  });

  it('ends with 3 and one clear line when the port is busy', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    const second = run(['--port', port]);
    expect(await second.exited).toBe(3);
    expect(second.errors()).toBe(
      `mock-veridas: cannot listen on 127.0.0.1 port ${port}: it is in use; choose another with --port, or 0 for a free one\n`,
    );
  });

  it.each(['', '.'])('keeps no certificate in the working directory, with the home "%s"', async (HOME) => {
    const { exited, errors } = run(['--port', '0', '--https'], { HOME });
    expect(await exited).toBe(3);
    expect(errors()).toContain('set HOME, or give one of your own');
    expect(existsSync(path.join(cwd(), '.mock-veridas'))).toBe(false);
  });

  it('ends with 2 on an unknown flag, and names the one that was meant', async () => {
    const { exited, errors, output } = run(['--prot', '1']);
    expect(await exited).toBe(2);
    expect([errors(), output()]).toEqual(['mock-veridas: --prot: is not a flag; did you mean --port?\n', '']);
  });

  it.each([
    [['start', '--strict'], '--strict: is not a flag of start; exec and report take it'],
    [['--report', 'folder'], '--report: is not a flag of start; exec takes it'],
    [['healthcheck', '--watch'], '--watch: is not a flag of healthcheck; start and exec take it'],
  ])('ends with 2 on %j, and says which command takes the flag', async (args, fault) => {
    const { exited, errors, output } = run(args);
    expect([await exited, errors(), output()]).toEqual([2, `mock-veridas: ${fault}\n`, '']);
  });

  it('ends with 2 on an unknown command', async () => {
    const { exited, errors } = run(['fly']);
    expect(await exited).toBe(2);
    expect(errors()).toContain('there is no command "fly"');
  });

  it('ends with 2 on a faulty config file, and says every fault at its line and column', async () => {
    const file = path.join(cwd(), 'faulty.yaml');
    writeFileSync(file, 'prot: 4010\nport: many\nclients:\n  - client_id: shop\n');
    const { exited, errors } = run(['--config', file]);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(/faulty\.yaml:1:1.*prot/);
    expect(errors()).toMatch(/faulty\.yaml:2:7.*port/);
    expect(errors()).toMatch(/faulty\.yaml:4:5.*client_secret/);
  });

  it('takes its clients from the config file', async () => {
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

  it('prints neither a secret nor a stack trace', async () => {
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
  it('ends with 0 when the server with the same settings is well', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    expect(await run(['healthcheck'], { MOCK_VERIDAS_PORT: port }).exited).toBe(0);
  });

  it('ends with 1 when nobody answers', async () => {
    const { ready, child, exited } = run(['--port', '0']);
    const { port } = new URL(await ready);
    child.kill();
    await exited;
    const check = run(['healthcheck', '--port', port]);
    expect(await check.exited).toBe(1);
    expect(check.errors()).toContain('no answer');
  });

  it('ends with 2 when it cannot know the port', async () => {
    expect(await run(['healthcheck', '--port', '0']).exited).toBe(2);
  });
});

describe('--help and --version', () => {
  it('say what this is, and that it is unofficial', async () => {
    const { exited, output } = run(['--help']);
    expect(await exited).toBe(0);
    expect(output()).toMatch(/unofficial/i);
  });

  it('list the flags of a command', async () => {
    const { exited, output } = run(['report', '--help']);
    expect(await exited).toBe(0);
    expect(output()).toMatch(/^Usage: mock-veridas report \[FLAGS\]\n/);
    expect(output()).toContain('--out DIR');
    expect(output()).not.toContain('--token-format');
  });

  it('say the version', async () => {
    const { exited, output } = run(['--version']);
    expect(await exited).toBe(0);
    expect(output()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('mock-veridas exec', () => {
  const shell = (script: string, ...flags: string[]) => run(['exec', ...flags, '--', 'sh', '-c', script]);

  it("ends with the command's exit code", async () => {
    expect(await shell('exit 7').exited).toBe(7);
  });

  it.skipIf(explainMissingTool('redis'))(
    "ends with the command's exit code also when its store has gone",
    async () => {
      const redis = await startRedis();
      try {
        const script = 'echo up; until [ -e gone ]; do sleep 0.05; done; exit 7';
        const { exited, output, errors } = shell(script, '--store', redis.url);
        await expect.poll(output).toBe('up\n');
        await redis.signal('SIGKILL');
        writeFileSync(path.join(cwd(), 'gone'), '');
        expect(await exited).toBe(7);
        expect(errors()).toContain('the findings cannot be told: the store at');
      } finally {
        await redis.stop();
      }
    },
  );

  it('ends with 128 and the number of the signal that has ended the command', async () => {
    expect(await shell('kill -9 $$').exited).toBe(137);
  });

  it('leaves standard output to the command, which finds the simulator in its environment', async () => {
    const script =
      'curl -s $VIDEOCALL_URL/o/token/ -u $CLIENT_ID:$CLIENT_SECRET -d grant_type=client_credentials';
    const { exited, output } = shell(`${script}; echo; echo $VIDEOCALL_BROWSER_URL $VIDEOCALL_ADMIN_URL`);
    expect(await exited).toBe(0);
    expect(output()).toMatch(
      /^\{"access_token": "\w{30}".*\}\nhttp:\/\/videocall\.localhost:(\d+) http:\/\/127\.0\.0\.1:\1\/__admin\n$/,
    );
  });

  it('leaves nothing listening', async () => {
    const { exited, output } = shell('echo $VIDEOCALL_URL');
    await exited;
    expect(await isListening(output().trim())).toBe(false);
  });

  it('hands SIGTERM on to the command', async () => {
    const { child, exited, output } = shell('trap "exit 9" TERM; echo up; while :; do sleep 0.05; done');
    await expect.poll(output).toBe('up\n');
    child.kill('SIGTERM');
    expect(await exited).toBe(9);
  });

  it('leaves PORT to the command', async () => {
    const { exited, output } = run(['exec', '--', 'sh', '-c', 'echo $PORT $VIDEOCALL_URL'], { PORT: '4999' });
    expect(await exited).toBe(0);
    expect(output()).toMatch(/^4999 http:\/\/127\.0\.0\.1:(?!4999)\d+\n$/);
  });

  it('ends a command that does not heed the first signal at the second', async () => {
    const { child, exited, output } = shell(
      'trap "echo ignored" TERM; echo up; while :; do sleep 0.05; done',
    );
    await expect.poll(output).toBe('up\n');
    child.kill('SIGTERM');
    await expect.poll(output).toBe('up\nignored\n');
    child.kill('SIGTERM');
    expect(await exited).toBe(137);
  });

  it('fails before the command runs when the simulator cannot start', async () => {
    const { port } = new URL(await run(['--port', '0']).ready);
    const { exited, output, errors } = shell('echo ran', '--port', port);
    expect(await exited).toBe(3);
    expect([output(), errors()]).toEqual(['', expect.stringContaining('it is in use')]);
  });

  describe('with a mistake of the integration', () => {
    const slashless = 'curl -s -o /dev/null -X POST $VIDEOCALL_URL/o/token -d client_id=$CLIENT_ID; exit';

    it('tells of it behind the output of the command, whose exit code stays', async () => {
      const { exited, errors } = shell(slashless);
      expect(await exited).toBe(0);
      expect(errors()).toMatch(
        /error: .*last slash \(missing-trailing-slash, guide 5\.2\)\n {2}seen once: POST/,
      );
    });

    it('exits with 1 when it is to be strict', async () => {
      expect(await shell(slashless, '--strict').exited).toBe(1);
    });

    it('leaves the exit code of a command that has failed by itself', async () => {
      expect(await shell(`${slashless} 7`, '--strict').exited).toBe(7);
    });
  });

  it('is silent where there is none', async () => {
    const { exited, errors } = shell('true', '--strict');
    expect([await exited, errors()]).toEqual([0, '']);
  });

  it.each([
    [['exec'], /behind --/],
    [['exec', '--', 'no-such-program'], /no such command/],
    [['exec', '--prot', '1', '--', 'true'], /--prot/],
  ])('ends with 2 for %j', async (args, text) => {
    const { exited, errors } = run(args);
    expect(await exited).toBe(2);
    expect(errors()).toMatch(text);
  });
});

describe('--ready-file', () => {
  it('says where the simulator is for as long as it runs', async () => {
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

describe('--ready-file, when the simulator cannot start,', () => {
  it('does not go on to say what an earlier one said', async () => {
    const file = path.join(cwd(), 'stale.json');
    writeFileSync(file, '{"url":"http://127.0.0.1:1"}');
    const { port } = new URL(await run(['--port', '0']).ready);
    expect(await run(['--port', port, '--ready-file', file]).exited).toBe(3);
    expect(existsSync(file)).toBe(false);
  });

  it('ends with 2 where no file can be', async () => {
    const { exited, errors, output } = run(['--port', '0', '--ready-file', cwd()]);
    expect(await exited).toBe(2);
    expect([errors(), output()]).toEqual([expect.stringContaining('--ready-file'), '']);
  });
});

describe('mock-veridas start with something behind --', () => {
  it('ends with 2: nothing is passed over in silence', async () => {
    expect(await run(['start', '--port', '0', '--', '--prot', '1']).exited).toBe(2);
  });
});

describe('mock-veridas validate', () => {
  it('takes a file that is named twice as one, also behind --', async () => {
    const happy = path.join(import.meta.dirname, '../../fixtures/scenarios/happy.yaml');
    const { exited, output } = run(['validate', happy, '--', happy]);
    expect(await exited).toBe(0);
    expect(output().match(/^ok: /gm)).toHaveLength(1);
  });

  it('ends with 2 for a folder without scenarios', async () => {
    const empty = mkdtempSync(path.join(cwd(), 'empty-'));
    expect(await run(['validate', empty]).exited).toBe(2);
  });

  it('ends with 0 for the scenarios that come with the package', async () => {
    const { exited, output } = run(['validate', path.join(import.meta.dirname, '../../fixtures/scenarios')]);
    expect(await exited).toBe(0);
    expect(output().match(/^ok: /gm)).toHaveLength(16);
  });

  it('ends with 2 and every fault at its line and column, in all files', async () => {
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
    'ends with 2 for %j',
    async (args) => {
      expect(await run(args).exited).toBe(2);
    },
  );
});
