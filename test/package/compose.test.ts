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

  it.each(['redis', 'sentinel'])(
    'starts every service of the profile %s again after the engine was restarted',
    (profile) => {
      const services = Object.values<{ profiles?: string[]; restart?: string }>(config.services).filter(
        ({ profiles }) => profiles?.includes(profile) ?? true,
      );
      expect(services.length).toBeGreaterThan(4);
      expect(services.map(({ restart }) => restart)).toEqual(services.map(() => 'unless-stopped'));
    },
  );

  it('names the Sentinels and servers that it starts', () => {
    const sentinels = readFileSync(path.join(ROOT, 'docker/sentinel.conf'), 'utf8');
    const [, name, master] = /^sentinel monitor (\S+) (\S+) 6379 2$/m.exec(sentinels) ?? [];
    const address = config.services['watched-one'].environment.MOCK_VERIDAS_STORE;
    const started = Object.keys(config.services).filter((one) => one.startsWith('sentinel-'));
    expect(address).toBe(`redis+sentinel://${started.join(',')}/${name}`);
    const servers = Object.keys(config.services).filter((one) => one.startsWith('redis-'));
    expect(servers).toContain(master);
    for (const one of servers) {
      const { command } = config.services[one];
      expect(command[command.indexOf('--replica-announce-ip') + 1]).toBe(one);
      expect(command.includes(`${master} 6379`)).toBe(one !== master);
    }
    const balanced = readFileSync(path.join(ROOT, 'docker/haproxy.cfg'), 'utf8');
    expect([...balanced.matchAll(/ (\S+):6379$/gm)].map(([, host]) => host)).toEqual(servers);
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
    const aliases = Object.keys(config.services['watched-balancer'].depends_on).flatMap(
      (watched) => config.services[watched].networks.sentinel.aliases,
    );
    expect(named).toEqual(aliases);
  });
});
