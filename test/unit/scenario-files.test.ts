import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readScenarios, scenariosIn } from '../../src/options/scenario-files.ts';
import { SHIPPED, SHIPPED_SCENARIOS } from '../../src/options/shipped-scenarios.ts';
import { formatProblem, InvalidFile } from '../../src/options/yaml/file.ts';
import { atLeast } from '../support/at-least.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'scenarios-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), content);
}

const faults = (): string[] => scenariosIn([folder]).faults.map((fault) => formatProblem(fault, folder));

/** The faults of a scenario with these lines, less the name of its file. */
function faultsOf(...lines: string[]): string[] {
  write('a.yaml', lines.join('\n'));
  return faults().map((fault) => fault.replace(/^a\.yaml:/, ''));
}

const faultsOfSteps = (...steps: string[]): string[] =>
  faultsOf('name: a', 'steps:', ...steps.map((step) => `  - ${step}`));

describe('the shipped scenarios', () => {
  it.each(['happy', 'manual', 'not-found'])('include %s', (name) => {
    expect(SHIPPED_SCENARIOS.get(name)?.name).toBe(name);
  });

  it('have the agent join after 2 s, start 1 s and end 5 s later in happy', () => {
    expect(SHIPPED_SCENARIOS.get('happy')?.steps).toEqual([
      { after: 2000, agent: 'join' },
      { after: 1000, agent: 'start' },
      { after: 5000, agent: 'end' },
    ]);
  });

  it('leave everything to the hand in manual', () => {
    expect(SHIPPED_SCENARIOS.get('manual')?.steps).toEqual([]);
  });

  it('fail at once in not-found', () => {
    expect(SHIPPED_SCENARIOS.get('not-found')?.steps).toEqual([{ after: 0, fail: 'VideocallNotFound' }]);
  });

  it.each(atLeast(16, readdirSync(SHIPPED)))(
    'point editors to their schema in the first line of %s',
    (file) => {
      const [first] = readFileSync(join(SHIPPED, file), 'utf8').split('\n');
      expect(first).toBe('# yaml-language-server: $schema=../scenario.schema.json');
    },
  );

  it.each(atLeast(16, [...SHIPPED_SCENARIOS.values()]))(
    'describe what happens in $name',
    ({ description }) => {
      expect(description).toMatch(/\w+ \w+/);
    },
  );
});

describe('a folder of scenarios', () => {
  it.each(['a.yaml', 'a.yml', 'a.json'])('is read from %s', (file) => {
    write(file, '{"name": "a", "steps": [{"after": "1.5m", "agent": "join"}]}');
    expect(readScenarios([folder]).get('a')?.steps).toEqual([{ after: 90_000, agent: 'join' }]);
  });

  it('is its folder scenarios where there is one', () => {
    write('scenarios/a.yaml', 'name: a\nsteps: []');
    write('compose.yaml', 'services: {}');
    expect([...readScenarios([folder]).keys()]).toEqual(['a']);
  });

  it('may hold other files', () => {
    for (const file of ['README.md', '.a.yaml', 'scenario.schema.json']) write(file, 'anything');
    expect(readScenarios([folder]).size).toBe(0);
  });

  it('replaces scenarios of the folders before it', () => {
    write('happy.yaml', 'name: happy\nsteps: []');
    expect(readScenarios([SHIPPED, folder]).get('happy')?.steps).toEqual([]);
  });

  it('gives what is right beside what is wrong', () => {
    write('a.yaml', 'name: a\nsteps: []');
    write('b.yaml', 'name: b');
    expect([...scenariosIn([folder]).scenarios.keys()]).toEqual(['a']);
  });

  it('is refused with the faults of all its files', () => {
    write('a.yaml', 'name: a');
    write('b.yaml', 'name: b');
    const message = `${folder}/a.yaml:1:1 steps is missing\n${folder}/b.yaml:1:1 steps is missing`;
    expect(() => readScenarios([folder])).toThrow(new InvalidFile(scenariosIn([folder]).faults));
    expect(new InvalidFile(scenariosIn([folder]).faults).message).toBe(message);
  });

  it('wants the name of the file and of the scenario to be the same', () => {
    write('a.yaml', 'steps: []\nname: b');
    expect(faults()).toEqual(['a.yaml:2:7 name: "b" must be the name of its file, "a"']);
  });

  it('holds a name only once', () => {
    write('a.json', '{"name": "a", "steps": []}');
    write('a.yaml', 'name: a\nsteps: []');
    expect(faults()).toEqual(['a.yaml:1:7 name: "a" is also in a.json beside it']);
  });
});

describe('a scenario file', () => {
  it('reads a description', () => {
    write('a.yaml', 'name: a\ndescription: why\nsteps: []');
    expect(readScenarios([folder]).get('a')?.description).toBe('why');
  });

  it('may name its schema', () => {
    expect(faultsOf('$schema: ../x.json', 'name: a', 'steps: []')).toEqual([]);
  });

  it.each([
    ['an unknown key', 'stpes: []', "3:1 'stpes' is not known here; did you mean 'steps'?"],
    ['a stranger of a key', 'x: 1', "3:1 'x' is not known here; a scenario has name, description, steps"],
    ['a key twice', 'name: a', '3:1 this key stands here twice'],
    [
      'no text for a description',
      'description: [1]',
      '3:14 description: a list is not a description; give text',
    ],
    ['a number for a description', 'description: 12', '3:14 description: 12 is not text; put it in quotes'],
    [
      '__proto__',
      '__proto__: 1',
      "3:1 '__proto__' is not known here; a scenario has name, description, steps",
    ],
  ])('is refused for %s', (_, line, fault) => {
    expect(faultsOf('name: a', 'steps: []', line)).toEqual([fault]);
  });

  it('is refused for a name that is none', () => {
    expect(faultsOf('name: A b', 'steps: []')).toEqual([
      '1:7 name: "A b" is not a scenario name; give a small letter and then up to 63 small letters, digits and hyphens',
    ]);
  });

  it('is refused when it is empty', () => {
    expect(faultsOf('')).toEqual(['1:1 this is not a scenario; give a map with name and steps']);
  });

  it('tells all faults in the order of their places', () => {
    expect(faultsOf('name: 1', 'x: 1', 'steps:', '  - { after: 2, agent: joyn }')).toEqual([
      expect.stringMatching(/^1:7 name/),
      expect.stringMatching(/^2:1 'x'/),
      expect.stringMatching(/^4:14 after/),
      expect.stringMatching(/^4:24 agent/),
    ]);
  });
});

describe('a step', () => {
  const RULE = 'a step has one of agent, fail, post, wait_for';

  it.each([
    ['an unknown key', '{ after: 1s, agnet: join }', `3:18 step: 'agnet' is not known here; ${RULE}`],
    [
      'another kind of thing',
      'join',
      '3:5 steps: "join" is not a step; give a map, as in { after: 2s, agent: join }',
    ],
    ['nothing to do', '{ after: 1s }', `3:5 step: is incomplete; ${RULE}`],
    [
      'two things to do',
      '{ after: 1s, agent: join, fail: VideocallNotFound }',
      `3:31 step: agent and fail exclude each other; ${RULE}`,
    ],
    ['no time', '{ agent: join }', '3:5 step: after is missing'],
    [
      'a time without unit',
      '{ after: 5, agent: join }',
      '3:14 after: 5 is not a duration; give a number and its unit ms, s, m or h, as in 2s or 1.5h',
    ],
    [
      'an action that agents do not know',
      '{ after: 1s, agent: jion }',
      '3:25 agent: "jion" is not an agent action; give one of join, start, record, leave, end',
    ],
    [
      'a failure that is not documented',
      '{ after: 1s, fail: VideocallLoading }',
      '3:24 fail: "VideocallLoading" is not a code of an error event; give one of VideocallNotFound, VideocallServerNotOperational',
    ],
  ])('is refused for %s', (_, step, fault) => {
    expect(faultsOfSteps(step)).toEqual([fault]);
  });

  it('is refused with everything that is wrong in it', () => {
    expect(faultsOfSteps('{ after: 1, agnet: join }')).toEqual([
      expect.stringMatching(/^3:14 after: 1 is not a duration/),
      expect.stringMatching(/^3:17 step: 'agnet'/),
    ]);
  });
});

describe('the order of steps', () => {
  const steps = (...deeds: string[]) => deeds.map((deed) => `{ after: 1s, ${deed} }`);
  const step = (deed: string) => (deed.startsWith('Video') ? `fail: ${deed}` : `agent: ${deed}`);

  it.each([
    ['join', 'start', 'end'],
    ['join', 'end'],
    ['join', 'leave', 'join', 'start', 'record', 'end'],
    ['join', 'start', 'leave'],
    ['VideocallNotFound'],
    ['join', 'start', 'VideocallServerNotOperational'],
  ])('may be %s, %s, %s …', (...deeds) => {
    expect(faultsOfSteps(...steps(...deeds.map(step)))).toEqual([]);
  });

  it.each([
    [['start'], '3:5 step: the agent cannot start in state waiting-room; possible: join'],
    [['join', 'join'], '4:5 step: the agent cannot join in state loading; possible: start, leave, end'],
    [['join', 'record'], '4:5 step: the agent cannot record in state loading; possible: start, leave, end'],
    [['join', 'end', 'join'], '5:5 step: nothing can follow here, the call is over (state ended)'],
    [['VideocallNotFound', 'join'], '4:5 step: nothing can follow here, the call is over (state error)'],
  ])('cannot be %s', (deeds, fault) => {
    expect(faultsOfSteps(...steps(...deeds.map(step)))).toEqual([fault]);
  });

  it('is told once for a step that is left out', () => {
    expect(faultsOfSteps(...steps('agent: start', 'agent: record', 'agent: end'))).toHaveLength(1);
  });

  it('is told for every step that follows the end', () => {
    expect(faultsOfSteps(...steps('agent: join', 'agent: end', 'agent: join', 'agent: end'))).toEqual([
      expect.stringMatching(/^5:5/),
      expect.stringMatching(/^6:5/),
    ]);
  });

  it('cannot last longer than instants reach', () => {
    expect(faultsOfSteps('{ after: 100001h, agent: join }')).toEqual([
      '2:1 steps: last longer than 100000h together',
    ]);
  });
});
