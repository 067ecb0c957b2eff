import { describe, expect, it } from 'vitest';
import { findStartFlags } from '../../src/cli/command-line.ts';
import { buildForeignOrigin } from '../../src/service/call-origins.ts';

describe('flags of the simulator that is process 1', () => {
  it.each([
    ['node /usr/local/bin/mock-veridas start --port 5000', ['--port', '5000']],
    ['node /app/node_modules/.bin/mock-veridas --https', ['--https']],
    ['/sbin/docker-init -- mock-veridas start --port 5000', ['--port', '5000']],
    ['tini -- node /app/node_modules/mock-veridas/dist/mock-veridas.cjs start', []],
    ['node /usr/local/bin/mock-veridas exec --port 5000 -- npm test', undefined],
    ['/lib/systemd/systemd --system', undefined],
    ['', undefined],
  ])('are found in the command line %s', (line, flags) => {
    expect(findStartFlags(line.split(' '))).toEqual(flags);
  });
});

describe('another origin of the simulator', () => {
  it.each([
    ['http', 'videocall.localhost:4010', 'http://elsewhere.localhost:4010'],
    ['https', 'videocall.localhost:4010', 'https://127.0.0.1:4010'],
    ['http', '127.0.0.1:4010', 'http://localhost:4010'],
    ['http', '[::1]:4010', 'http://127.0.0.1:4010'],
    ['http', 'videocall:4010', undefined],
    ['https', 'videocall.example.com', undefined],
    ['http', '172.18.0.3:4010', undefined],
    ['http', '[fd00::3]:99999', undefined],
  ])('%s at %s is %s', (protocol, host, origin) => {
    expect(buildForeignOrigin(protocol, host)).toBe(origin);
  });
});
