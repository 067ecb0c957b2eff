import type { CallState } from '../../domain/call.ts';
import { escapeHtml, toScriptJson } from '../html.ts';
import type { PageSetup } from './messages.ts';
import { AGENT_ICON, AGENT_PICTURE, OFFICE_PICTURE } from './pictures.ts';

/** The data that the call page is rendered from. */
export interface CallPage {
  readonly state: CallState;
  /** The nonce for script and style, as in the Content-Security-Policy header. */
  readonly nonce: string;
  readonly css: string;
  readonly script: string;
  /** Without it the page has no script: it neither posts nor listens. */
  readonly setup?: PageSetup | undefined;
  /** A line for the developer, shown on the error screen only. */
  readonly note?: string | undefined;
  /** A line for the developer, shown on every screen. */
  readonly warning?: string | undefined;
}

/**
 * The whole document of the call page. It contains all screens of guide 4, and `data-state` selects the visible one, so that
 * a change of screen is not a navigation in the parent's history.
 */
export function renderCallPage({ state, nonce, css, script, setup, note, warning }: CallPage): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Video call</title>
<link rel="icon" href="data:,">
<style nonce="${escapeHtml(nonce)}">${css}</style>
</head>
<body data-state="${escapeHtml(state)}">
${setup === undefined ? '' : NOTICES}
${warning === undefined ? '' : `<p class="notice warning">${escapeHtml(warning)}</p>`}
<main aria-live="polite">
${WAITING_ROOM}
${LOADING}
${IN_CALL}
${ENDED}
${renderErrorScreen(note)}
</main>
<footer>mock-veridas · simulated call</footer>
${setup === undefined ? '' : renderScripts(setup, script, nonce)}
</body>
</html>
`;
}

/** An invisible page that posts `data` to the parent of its frame. */
export const renderForeignPoster = (data: string, nonce: string): string => `<!doctype html>
<html lang="en">
<title>Another origin</title>
<script type="application/json" id="data">${toScriptJson(data)}</script>
<script nonce="${escapeHtml(nonce)}">
parent.parent.postMessage(JSON.parse(JSON.parse(document.getElementById('data').textContent)), '*');
</script>
</html>
`;

const renderScripts = (setup: PageSetup, script: string, nonce: string): string =>
  `<script type="application/json" id="setup">${toScriptJson(setup)}</script>
<script nonce="${escapeHtml(nonce)}">${script}</script>`;

const NOTICES = `<noscript><p class="notice">This frame needs JavaScript. If the iframe has a sandbox attribute,
 it must contain allow-scripts and allow-same-origin.</p></noscript>
<p class="notice reset" role="status">The simulator was restarted. Reload the page to start again.</p>
<p class="notice closing" role="status">The simulator was stopped</p>`;

const WAITING_ROOM = `<section class="screen waiting-room">
<div class="emblem pulsing"><i></i><i></i>${AGENT_ICON}</div>
<div class="words">
<h1>Waiting for an agent…</h1>
<p>Please keep this window open. The call starts automatically when an agent joins.</p>
<ul class="checks" aria-label="Connection check" aria-live="off"></ul>
</div>
</section>`;

const LOADING = `<section class="screen loading">
<div class="emblem turning"><i></i>${AGENT_ICON}</div>
<div class="words">
<h1>The agent has joined. Connecting…</h1>
<p>Your browser may ask to use your camera and microphone. Please allow both.</p>
</div>
</section>`;

const ENDED = `<section class="screen ended">
<div class="emblem good"><svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">
<path class="line check" d="M14 25l7 7 14-15"/>
</svg></div>
<div class="words">
<h1>The video call has ended successfully</h1>
<p>Thank you for your time. You do not need to do anything else here.</p>
</div>
</section>`;

const renderErrorScreen = (note: string | undefined): string => `<section class="screen error">
<div class="emblem quiet"><svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">
<rect class="line" x="9" y="15" width="20" height="18" rx="4"/>
<path class="line" d="M29 22l9-5v14l-9-5"/>
<path class="gap" d="M11 9l28 31"/>
<path class="line" d="M9 9l28 31"/>
</svg></div>
<div class="words">
<h1>The video call is not available</h1>
<p>Please try again later, or contact the company that invited you.</p>
${note === undefined ? '' : `<p class="note">${escapeHtml(note)}</p>`}
</div>
</section>`;

const IN_CALL = `<section class="screen in-call">
${OFFICE_PICTURE}${AGENT_PICTURE}
<h1 class="tag"><i class="live"></i>Video call in progress</h1>
<p class="tag name"><span class="voice" aria-hidden="true"><i></i><i></i><i></i></span>Agent</p>
<div class="self">
<svg viewBox="0 0 48 48" aria-hidden="true" focusable="false"><circle cx="24" cy="18" r="8"/>
<path d="M8 42c0-9 7-14 16-14s16 5 16 14z"/></svg>
<span class="off">Camera off</span>
<video id="self-view" autoplay muted playsinline aria-label="Your camera"></video>
<span class="you">You</span>
</div>
</section>`;
