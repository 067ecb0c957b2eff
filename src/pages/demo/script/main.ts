import { dropped, type Message, textOf } from '../../../domain/listener.ts';
import type { EventCode } from '../../../guide/events.ts';
import { control } from '../../control.ts';
import { parsed } from '../../wire.ts';
import type { DemoCall, DemoSetup } from '../messages.ts';
import { copyOnRequest } from './copying.ts';
import { OUTCOMES } from './outcomes.ts';

/*
 * The script of the demo page: what an integrator's page does (guide 5.3 and 5.5), and beside it a list of all
 * that it hears. It runs in the browser of a developer, which need not be one of guide 3.
 */

const WAITING = 'Please wait until one of our agents joins.';
const SKIP = '10m';

/** An element of the page, which has them all. */
const part = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;

function element(name: string, className: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A message as a line of the list; one that the guide's listener drops says why. */
function line({ origin, data }: Message, seconds: number): HTMLElement {
  const item = document.createElement('li');
  const why = dropped({ origin, data });
  const code = textOf(data, 'code') || (typeof data === 'string' ? data : JSON.stringify(data));
  const type = textOf(data, 'type');
  item.append(
    element('span', 'time', `+${seconds.toFixed(1)} s`),
    element('span', type === 'error' ? 'type error' : 'type', type || 'no type'),
    element('code', '', code),
    element('span', 'message', textOf(data, 'message')),
  );
  if (why !== undefined) {
    item.className = 'dropped';
    item.append(element('span', 'why', `Dropped by the listener of the guide: ${why}`));
  }
  return item;
}

/** Asks the page's own backend. */
async function post<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const json = (await answer.json()) as T & { message?: string };
  if (!answer.ok) throw new Error(json.message ?? `the simulator has answered ${answer.status}`);
  return json;
}

/** The iframe of guide 5.3, made anew for every call: Firefox would load an old address in one that stands in the page. */
function embed(src: string): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.id = 'videocall-iframe';
  frame.title = 'Video call';
  frame.allow = 'camera; microphone;';
  frame.src = src;
  return frame;
}

function start(setup: DemoSetup): void {
  const picker = part<HTMLSelectElement>('scenario');
  const go = document.querySelector('.go') as HTMLButtonElement;
  const skip = part<HTMLButtonElement>('skip');
  let startedAt = 0;
  let isBeginning = false;

  const tell = (text: string, isFault = false) => {
    part('outcome').textContent = text;
    part('outcome').className = isFault ? 'fault' : '';
  };
  const describe = () => {
    part('course').textContent = setup.scenarios[picker.value] ?? '';
    part('by-hand').hidden = picker.value !== 'manual';
  };
  const trying = (what: () => Promise<void>) =>
    what().catch((error: unknown) => tell(error instanceof Error ? error.message : String(error), true));

  const begin = async () => {
    const { src, validation_id } = await post<DemoCall>(setup.calls, { scenario: picker.value });
    part('events').textContent = '';
    part('silence').hidden = false;
    startedAt = performance.now();
    part('place').textContent = '';
    part('place').append(embed(src));
    part('validation').hidden = false;
    part('validation').querySelector('code')?.replaceChildren(validation_id);
    skip.disabled = false;
    tell(WAITING);
    go.textContent = 'Start another call';
  };

  const skipAhead = async () => {
    await control.ask('POST /clock/advance', { query: { client_id: setup.client }, body: { by: SKIP } });
  };

  window.addEventListener('message', ({ origin, data, source }) => {
    // What the page says to itself, browser extensions say.
    if (source === window) return;
    part('silence').hidden = true;
    part('events').append(line({ origin, data }, (performance.now() - startedAt) / 1000));
    // What the listener of the guide does not drop has a code of the guide.
    if (dropped({ origin, data }) === undefined) tell(OUTCOMES[textOf(data, 'code') as EventCode]);
  });
  picker.addEventListener('change', describe);
  part('start').addEventListener('submit', (event) => {
    event.preventDefault();
    // Whoever clicks twice means one call; another would be left behind in the waiting room.
    if (isBeginning) return;
    isBeginning = true;
    void trying(begin).then(() => {
      isBeginning = false;
    });
  });
  skip.addEventListener('click', () => void trying(skipAhead));
  describe();
}

const setup = parsed<DemoSetup>(part('setup').textContent ?? '');
if (setup !== undefined) start(setup);
copyOnRequest(part('copied'));
