import type { CallState } from '../../../domain/call-state.ts';
import { parseJson } from '../../wire.ts';
import type { PagePost, PageSetup } from '../messages.ts';
import { toPageHost } from './addresses.ts';
import { createChecks } from './checks.ts';
import { deliver } from './deliver.ts';
import { diagnose } from './diagnostics.ts';
import { watchFrameSize } from './frame-size.ts';
import { createReporter } from './reporter.ts';
import { createSelfView } from './self-view.ts';
import { getShownState, type ReceivedMessage, receiveMessages, type Stop } from './stream.ts';

/*
 * The script of the call page. The server keeps the time: the page posts and shows what its stream sends, reports what it has
 * posted, and decides nothing. It depends on no timer and no animation frame unless something has failed: browsers throttle
 * timers in hidden frames, and test frameworks freeze the page's clock.
 */

/** Shows the notice of that name, or none for ''. */
const showNotice = (name: 'reset' | 'closing' | '') => document.body.setAttribute('data-notice', name);

function start(setup: PageSetup): void {
  // Read once and never compared: Cypress rewrites code that compares frames.
  const parent = window.parent;
  const checks = createChecks(setup.texts);
  const showSelf = createSelfView(document.querySelector<HTMLVideoElement>('#self-view'));
  let lastId: number | undefined;
  let isLastReceived = false;
  let isFinished = false;
  let stop: Stop = () => {};

  const finish = () => {
    isFinished = true;
    stop();
  };
  const finishWhenReported = () => {
    if (isLastReceived && reporter.isDone()) finish();
  };
  const reporter = createReporter(toPageHost(setup.reports), finishWhenReported);
  const show = (state: CallState) => {
    document.body.setAttribute('data-state', state);
    showSelf(state === 'in-call');
  };
  const receive = (received: ReceivedMessage) => {
    if (isFinished) return;
    const id = received.id;
    const data = received.data;
    lastId = id ?? lastId;
    if ('reset' in data) {
      showNotice('reset');
      finish();
    } else if ('closing' in data) {
      showNotice('closing');
    } else if ('state' in data) {
      showNotice('');
      show(data.state);
      if (data.last === true) isLastReceived = true;
      if (data.post === undefined) finishWhenReported();
      else if (id !== undefined && !reporter.has(id)) enqueuePost(id, data.post);
    }
  };
  /** Posts that wait for an earlier one: a frame of another origin takes time to load. */
  const queue: (() => void)[] = [];
  const enqueuePost = (id: number, post: PagePost) => {
    reporter.take(id);
    queue.push(() =>
      deliver(parent, post, (posted) => {
        queue.shift();
        if (posted) reporter.add(id);
        else reporter.drop(id);
        if (queue[0] !== undefined) queue[0]();
      }),
    );
    if (queue.length === 1 && queue[0] !== undefined) queue[0]();
  };
  const connect = () => {
    stop = receiveMessages(setup, () => lastId, receive, checks.showConnection);
  };

  // An open stream keeps the page out of Firefox's back-forward cache, and receives nothing in Chrome's.
  window.addEventListener('pagehide', () => {
    stop();
    reporter.flush();
  });
  window.addEventListener('pageshow', (event) => {
    if (event.persisted && !isFinished) connect();
  });
  showSelf(getShownState() === 'in-call');
  watchFrameSize(document.querySelector('.notice.too-small'));
  connect();
  diagnose(parent, (seen) => {
    checks.showDiagnostics(seen);
    if (setup.ports !== undefined) checks.tryPorts(setup.ports);
    reporter.diagnose(seen);
  });
}

const setup = parseJson<PageSetup>(document.querySelector('#setup')?.textContent ?? '');
if (setup !== undefined) start(setup);
