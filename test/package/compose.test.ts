import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ciProblems } from '../support/ci-schemas.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const text = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8');
const composed = parse(text, { merge: true });

describe('docker-compose.yml', () => {
  it('fits the Compose specification', () => {
    expect(ciProblems.compose(text)).toEqual([]);
  });

  it('starts the simulator alone where no profile is asked for', () => {
    const always = Object.entries<{ profiles?: string[] }>(composed.services).filter(
      ([, { profiles }]) => !profiles,
    );
    expect(always.map(([name]) => name)).toEqual(['simulator']);
  });

  it('lets the balancer find the instances by their names', () => {
    const config = readFileSync(path.join(ROOT, 'docker/balancer.conf'), 'utf8');
    const named = [...config.matchAll(/^\s*server ([\w-]+):4010/gm)].map(([, name]) => name);
    expect(named).toEqual(composed.services.balancer.depends_on);
  });
});
