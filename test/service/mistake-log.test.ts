import { afterEach, describe, expect, it, vi } from 'vitest';
import { instant } from '../../src/domain/time.ts';
import { startMock } from '../../src/library/index.ts';
import { createMistakeLog } from '../../src/service/mistake-log.ts';
import { createSharedStore, driveAt } from '../support/drive.ts';
import { exchange } from '../support/raw-http.ts';

const finding = (index: number) => ({ rule: 'service-breaks', seen: `POST /${index}` }) as const;

describe('mistake log', () => {
  it('prints twelve lines at once, then says that there are more, and prints one a minute', () => {
    const lines: string[] = [];
    let now = 0;
    const log = createMistakeLog({ warn: (_, line) => lines.push(line) }, 'http://console', () =>
      instant(now),
    );
    const logMany = () => {
      for (let index = 0; index < 100; index += 1) log.logFinding(finding(now + index), 'shop');
    };
    logMany();
    expect(lines).toHaveLength(13);
    expect(lines.at(-1)).toBe('there are more mistakes; the journal has all of them: http://console');
    now += 60_000;
    logMany();
    expect(lines).toHaveLength(14);
    now += 24 * 60 * 60_000;
    logMany();
    expect(lines).toHaveLength(14 + 13);
  });

  it('prints a mistake once for each client', () => {
    const lines: string[] = [];
    const log = createMistakeLog({ warn: (_, line) => lines.push(line) }, 'http://console', () => instant(0));
    for (const client of ['shop', 'bank', 'shop', 'bank']) log.logFinding(finding(1), client);
    expect(lines.map((line) => /client (\w+)/.exec(line)?.[1])).toEqual(['shop', 'bank']);
  });
});

describe('mistake log of the library', () => {
  afterEach(() => vi.restoreAllMocks());
  const spyOnErrors = () => {
    const lines: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((line) => lines.push(`${line}`) > 0);
    return lines;
  };
  const WRONG = { client_secret: 'wrong' };

  it('is silent by default', async () => {
    const lines = spyOnErrors();
    await using mock = await startMock(createSharedStore());
    await driveAt(mock).requestToken(WRONG);
    await exchange(mock.url, 'SSH-2.0-OpenSSH_9.2\r\n');
    expect(lines).toEqual([]);
  });

  it('prints on the instance that was asked, and not what a fault armed on another one wants', async () => {
    const lines = spyOnErrors();
    const options = { ...createSharedStore(), logLevel: 'warn' } as const;
    await using one = await startMock(options);
    await using other = await startMock(options);
    await one.faults.arm({ endpoint: 'token', status: 401, times: 1 });
    expect((await driveAt(other).requestToken(WRONG)).status).toBe(401);
    expect(lines).toEqual([]);
    await driveAt(other).requestToken(WRONG);
    expect(lines).toEqual([expect.stringContaining(`wrong client_secret`)]);
    expect(lines[0]).toContain(other.consoleUrl);
  });
});
