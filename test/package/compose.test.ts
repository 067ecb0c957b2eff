import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { ciProblems } from '../support/ci-schemas.ts';

const ROOT = path.join(import.meta.dirname, '../..');
const text = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8');
const config = parse(text, { merge: true });

describe('docker-compose.yml', () => {
  it('conforms to the Compose specification', () => {
    expect(ciProblems.compose(text)).toEqual([]);
  });

  it('starts only the simulator when no profile is given', () => {
    const always = Object.entries<{ profiles?: string[] }>(config.services).filter(
      ([, { profiles }]) => !profiles,
    );
    expect(always.map(([name]) => name)).toEqual(['simulator']);
  });

  it('starts every service of the Redis profile again after the engine was restarted', () => {
    const services = Object.values<{ profiles?: string[]; restart?: string }>(config.services).filter(
      ({ profiles }) => profiles?.includes('redis') ?? true,
    );
    expect(services.map(({ restart }) => restart)).toEqual(services.map(() => 'unless-stopped'));
  });

  it('builds one image for all simulators', () => {
    const images = Object.values<{ build?: string; image: string }>(config.services)
      .filter(({ build }) => build !== undefined)
      .map(({ image }) => image);
    expect(new Set(images)).toEqual(new Set(['mock-veridas']));
  });

  it('gives the instances the names that the balancer uses', () => {
    const balancer = readFileSync(path.join(ROOT, 'docker/balancer.conf'), 'utf8');
    const named = [...balancer.matchAll(/^\s*server ([\w-]+):4010/gm)].map(([, name]) => name);
    expect(named).toEqual(Object.keys(config.services.balancer.depends_on));
  });
});
