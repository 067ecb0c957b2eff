import { explainDrop, formatData, getFieldText, type PostedMessage } from '../../../domain/listener.ts';
import type { EventCode } from '../../../guide/events.ts';
import { control } from '../../control.ts';
import { parseJson } from '../../wire.ts';
import type { DemoCall, DemoSetup } from '../messages.ts';
import { enableCopyButtons } from './copy-buttons.ts';
import { OUTCOMES } from './outcomes.ts';

/*
 * The script of the demo page: what an integrator's page does (guide 5.3 and 5.5), and a list of the messages it receives. It
 * runs in a developer's browser, which need not be one of guide 3.
 */

const WAITING = 'Please wait until one of our agents joins.';
const SKIP = '10m';

/** An element of the page, which is always there. */
const getElement = <E extends HTMLElement>(id: string) => document.getElementById(id) as E;

function createElement(name: string, className: string, text: string): HTMLElement {
  const made = document.createElement(name);
  made.className = className;
  made.textContent = text;
  return made;
}

/** A message as a list item; one that the guide's listener drops shows the reason. */
function renderMessage({ origin, data }: PostedMessage, seconds: number): HTMLElement {
  const item = document.createElement('li');
  const why = explainDrop({ origin, data });
  const code = getFieldText(data, 'code') || (typeof data === 'string' ? data : formatData(data));
  const type = getFieldText(data, 'type');
  item.append(
    createElement('span', 'time', `+${seconds.toFixed(1)} s`),
    createElement('span', type === 'error' ? 'type error' : 'type', type || 'no type'),
    createElement('code', '', code),
    createElement('span', 'message', getFieldText(data, 'message')),
  );
  if (why !== undefined) {
    item.className = 'dropped';
    item.append(createElement('span', 'why', `Dropped by the listener from the guide: ${why}`));
  }
  return item;
}

/** Sends a request to the page's own backend. */
async function postJson<T>(url: string, body: unknown): Promise<T> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const json = (await answer.json()) as T & { message?: string };
  if (!answer.ok) throw new Error(json.message ?? `the simulator answered ${answer.status}`);
  return json;
}

/** The iframe of guide 5.3, created again for every call: Firefox would load the earlier URL into an existing one. */
function createFrame(src: string): HTMLIFrameElement {
  const frame = document.createElement('iframe');
  frame.id = 'videocall-iframe';
  frame.title = 'Video call';
  frame.allow = 'camera; microphone;';
  frame.src = src;
  return frame;
}

function start(setup: DemoSetup): void {
  const picker = getElement<HTMLSelectElement>('scenario');
  const go = document.querySelector('.go') as HTMLButtonElement;
  const skip = getElement<HTMLButtonElement>('skip');
  let startedAt = 0;
  let isStarting = false;

  const showOutcome = (text: string, isFault = false) => {
    getElement('outcome').textContent = text;
    getElement('outcome').className = isFault ? 'fault' : '';
  };
  const describe = () => {
    getElement('course').textContent = setup.scenarios[picker.value] ?? '';
    getElement('by-hand').hidden = picker.value !== 'manual';
  };
  const withErrorsShown = (what: () => Promise<void>) =>
    what().catch((error: unknown) =>
      showOutcome(error instanceof Error ? error.message : String(error), true),
    );

  const startCall = async () => {
    const { src, validation_id } = await postJson<DemoCall>(setup.calls, { scenario: picker.value });
    getElement('events').textContent = '';
    getElement('silence').hidden = false;
    startedAt = performance.now();
    getElement('place').textContent = '';
    getElement('place').append(createFrame(src));
    getElement('validation').hidden = false;
    getElement('validation').querySelector('code')?.replaceChildren(validation_id);
    skip.disabled = false;
    showOutcome(WAITING);
    go.textContent = 'Start another call';
  };

  const skipAhead = async () => {
    await control.ask('POST /clock/advance', { query: { client_id: setup.client }, body: { by: SKIP } });
  };

  window.addEventListener('message', ({ origin, data, source }) => {
    // Messages that the page posts to itself come from browser extensions.
    if (source === window) return;
    getElement('silence').hidden = true;
    getElement('events').append(renderMessage({ origin, data }, (performance.now() - startedAt) / 1000));
    // A message that the guide's listener accepts has a code of the guide.
    if (explainDrop({ origin, data }) === undefined)
      showOutcome(OUTCOMES[getFieldText(data, 'code') as EventCode]);
  });
  picker.addEventListener('change', describe);
  getElement('start').addEventListener('submit', (event) => {
    event.preventDefault();
    // A double click means one call; a second one would stay in the waiting room.
    if (isStarting) return;
    isStarting = true;
    void withErrorsShown(startCall).then(() => {
      isStarting = false;
    });
  });
  skip.addEventListener('click', () => void withErrorsShown(skipAhead));
  describe();
}

const setup = parseJson<DemoSetup>(getElement('setup').textContent ?? '');
if (setup !== undefined) start(setup);
enableCopyButtons(getElement('copied'));
