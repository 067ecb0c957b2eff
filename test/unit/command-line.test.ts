import { describe, expect, it } from 'vitest';
import { findStartFlags } from '../../src/cli/command-line.ts';

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
