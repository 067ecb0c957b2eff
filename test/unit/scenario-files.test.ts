import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatProblem, InvalidFile } from '../../src/options/file-problem.ts';
import { readScenarios, scenariosIn } from '../../src/options/read-scenarios.ts';
import { SHIPPED, SHIPPED_SCENARIOS } from '../../src/options/shipped-scenarios.ts';
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

const getProblems = (): string[] =>
  scenariosIn([folder]).problems.map((problem) => formatProblem(problem, folder));

/** Writes a scenario with these lines and returns its problems without the file name. */
function getProblemsOf(...lines: string[]): string[] {
  write('a.yaml', lines.join('\n'));
  return getProblems().map((problem) => problem.replace(/^a\.yaml:/, ''));
}

const getStepProblems = (...steps: string[]): string[] =>
  getProblemsOf('name: a', 'steps:', ...steps.map((step) => `  - ${step}`));

describe('shipped scenarios', () => {
  it.each(['happy', 'manual', 'not-found'])('includes the scenario %s', (name) => {
    expect(SHIPPED_SCENARIOS.get(name)?.name).toBe(name);
  });

  it('happy joins after 2 s, starts 1 s later and ends 5 s later', () => {
    expect(SHIPPED_SCENARIOS.get('happy')?.steps).toEqual([
      { after: 2000, agent: 'join' },
      { after: 1000, agent: 'start' },
      { after: 5000, agent: 'end' },
    ]);
  });

  it('manual has no steps', () => {
    expect(SHIPPED_SCENARIOS.get('manual')?.steps).toEqual([]);
  });

  it('not-found fails at once', () => {
    expect(SHIPPED_SCENARIOS.get('not-found')?.steps).toEqual([{ after: 0, fail: 'VideocallNotFound' }]);
  });

  it.each(atLeast(16, readdirSync(SHIPPED)))('the first line of %s points editors to the schema', (file) => {
    const [first] = readFileSync(join(SHIPPED, file), 'utf8').split('\n');
    expect(first).toBe('# yaml-language-server: $schema=../scenario.schema.json');
  });

  it.each(atLeast(16, [...SHIPPED_SCENARIOS.values()]))(
    'scenario $name has a description',
    ({ description }) => {
      expect(description).toMatch(/\w+ \w+/);
    },
  );
});

describe('scenario folder', () => {
  it.each(['a.yaml', 'a.yml', 'a.json'])('reads a scenario from %s', (file) => {
    write(file, '{"name": "a", "steps": [{"after": "1.5m", "agent": "join"}]}');
    expect(readScenarios([folder]).get('a')?.steps).toEqual([{ after: 90_000, agent: 'join' }]);
  });

  it('reads the subfolder scenarios if there is one', () => {
    write('scenarios/a.yaml', 'name: a\nsteps: []');
    write('compose.yaml', 'services: {}');
    expect([...readScenarios([folder]).keys()]).toEqual(['a']);
  });

  it('ignores other files in a scenario folder', () => {
    for (const file of ['README.md', '.a.yaml', 'scenario.schema.json']) write(file, 'anything');
    expect(readScenarios([folder]).size).toBe(0);
  });

  it('replaces a scenario of an earlier folder with the same name', () => {
    write('happy.yaml', 'name: happy\nsteps: []');
    expect(readScenarios([SHIPPED, folder]).get('happy')?.steps).toEqual([]);
  });

  it('returns valid scenarios beside invalid files', () => {
    write('a.yaml', 'name: a\nsteps: []');
    write('b.yaml', 'name: b');
    expect([...scenariosIn([folder]).scenarios.keys()]).toEqual(['a']);
  });

  it('reports the problems of all files in a scenario folder', () => {
    write('a.yaml', 'name: a');
    write('b.yaml', 'name: b');
    const message = `${folder}/a.yaml:1:1 steps is missing\n${folder}/b.yaml:1:1 steps is missing`;
    expect(() => readScenarios([folder])).toThrow(new InvalidFile(scenariosIn([folder]).problems));
    expect(new InvalidFile(scenariosIn([folder]).problems).message).toBe(message);
  });

  it('requires the scenario name to match the file name', () => {
    write('a.yaml', 'steps: []\nname: b');
    expect(getProblems()).toEqual(['a.yaml:2:7 name: "b" must be the name of its file, "a"']);
  });

  it('rejects two files with one scenario name', () => {
    write('a.json', '{"name": "a", "steps": []}');
    write('a.yaml', 'name: a\nsteps: []');
    expect(getProblems()).toEqual(['a.yaml:1:7 name: "a" is also the name of a.json in the same folder']);
  });
});

describe('scenario file', () => {
  it('reads the description of a scenario', () => {
    write('a.yaml', 'name: a\ndescription: why\nsteps: []');
    expect(readScenarios([folder]).get('a')?.description).toBe('why');
  });

  it('accepts a $schema key in a scenario file', () => {
    expect(getProblemsOf('$schema: ../x.json', 'name: a', 'steps: []')).toEqual([]);
  });

  it.each([
    ['an unknown key', 'stpes: []', "3:1 'stpes' is not known here; did you mean 'steps'?"],
    [
      'a key unlike any known key',
      'x: 1',
      "3:1 'x' is not known here; a scenario has name, description, steps",
    ],
    ['a duplicate key', 'name: a', '3:1 this key is used twice'],
    [
      'a description that is a list',
      'description: [1]',
      '3:14 description: a list is not a description; give text',
    ],
    [
      'a description that is a number',
      'description: 12',
      '3:14 description: 12 is not text; put it in quotes',
    ],
    [
      '__proto__',
      '__proto__: 1',
      "3:1 '__proto__' is not known here; a scenario has name, description, steps",
    ],
  ])('rejects a scenario file with %s', (_, line, problem) => {
    expect(getProblemsOf('name: a', 'steps: []', line)).toEqual([problem]);
  });

  it('rejects an invalid scenario name', () => {
    expect(getProblemsOf('name: A b', 'steps: []')).toEqual([
      '1:7 name: "A b" is not a scenario name; give a lower-case letter, then up to 63 lower-case letters, digits and hyphens',
    ]);
  });

  it('reports a misspelt key that a scenario needs once', () => {
    expect(getProblemsOf('name: a', 'step: []')).toEqual([
      "2:1 'step' is not known here; did you mean 'steps'?",
    ]);
  });

  it('rejects an empty scenario file', () => {
    expect(getProblemsOf('')).toEqual(['1:1 this is not a scenario; give a map with name and steps']);
  });

  it('reports all problems in the order of their positions', () => {
    expect(getProblemsOf('name: 1', 'x: 1', 'steps:', '  - { after: 2, agent: joyn }')).toEqual([
      expect.stringMatching(/^1:7 name/),
      expect.stringMatching(/^2:1 'x'/),
      expect.stringMatching(/^4:14 after/),
      expect.stringMatching(/^4:24 agent/),
    ]);
  });
});

describe('steps', () => {
  const RULE = 'a step has one of agent, fail, post, wait_for';

  it.each([
    ['an unknown key', '{ after: 1s, agnet: join }', `3:18 step: 'agnet' is not known here; ${RULE}`],
    [
      'a string instead of a map',
      'join',
      '3:5 steps: "join" is not a step; give a map such as { after: 2s, agent: join }',
    ],
    ['no action', '{ after: 1s }', `3:5 step: is incomplete; ${RULE}`],
    [
      'two actions',
      '{ after: 1s, agent: join, fail: VideocallNotFound }',
      `3:31 step: agent and fail exclude each other; ${RULE}`,
    ],
    ['no time', '{ agent: join }', '3:5 step: after is missing'],
    [
      'a time without a unit',
      '{ after: 5, agent: join }',
      '3:14 after: 5 is not a duration; give a number and its unit ms, s, m or h, such as 2s or 1.5h',
    ],
    [
      'an unknown agent action',
      '{ after: 1s, agent: jion }',
      '3:25 agent: "jion" is not an agent action; did you mean "join"?',
    ],
    [
      'an undocumented failure',
      '{ after: 1s, fail: VideocallLoading }',
      '3:24 fail: "VideocallLoading" is not a code of an error event; give one of VideocallNotFound, VideocallServerNotOperational',
    ],
  ])('rejects a step with %s', (_, step, problem) => {
    expect(getStepProblems(step)).toEqual([problem]);
  });

  it('reports every problem of a step', () => {
    expect(getStepProblems('{ after: 1, agnet: join }')).toEqual([
      expect.stringMatching(/^3:14 after: 1 is not a duration/),
      expect.stringMatching(/^3:17 step: 'agnet'/),
    ]);
  });
});

describe('order of steps', () => {
  const steps = (...actions: string[]) => actions.map((action) => `{ after: 1s, ${action} }`);
  const step = (action: string) => (action.startsWith('Video') ? `fail: ${action}` : `agent: ${action}`);

  it.each([
    ['join', 'start', 'end'],
    ['join', 'end'],
    ['join', 'leave', 'join', 'start', 'record', 'end'],
    ['join', 'start', 'leave'],
    ['VideocallNotFound'],
    ['join', 'start', 'VideocallServerNotOperational'],
  ])('accepts the steps %s, %s, %s …', (...actions) => {
    expect(getStepProblems(...steps(...actions.map(step)))).toEqual([]);
  });

  it.each([
    [['start'], '3:5 step: the agent cannot start in state waiting-room; possible: join'],
    [['join', 'join'], '4:5 step: the agent cannot join in state loading; possible: start, leave, end'],
    [['join', 'record'], '4:5 step: the agent cannot record in state loading; possible: start, leave, end'],
    [['join', 'end', 'join'], '5:5 step: no step can follow: the call is over (state ended)'],
    [['VideocallNotFound', 'join'], '4:5 step: no step can follow: the call is over (state error)'],
  ])('rejects the steps %s', (actions, problem) => {
    expect(getStepProblems(...steps(...actions.map(step)))).toEqual([problem]);
  });

  it('reports a missing step only once', () => {
    expect(getStepProblems(...steps('agent: start', 'agent: record', 'agent: end'))).toHaveLength(1);
  });

  it('reports every step after the end of the call', () => {
    expect(getStepProblems(...steps('agent: join', 'agent: end', 'agent: join', 'agent: end'))).toEqual([
      expect.stringMatching(/^5:5/),
      expect.stringMatching(/^6:5/),
    ]);
  });

  it('rejects steps that together last longer than 100000 hours', () => {
    expect(getStepProblems('{ after: 100001h, agent: join }')).toEqual([
      '2:1 steps: together they last longer than 100000h',
    ]);
  });
});
