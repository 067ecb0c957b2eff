import type { CallState } from '../../domain/call-state.ts';
import { escapeHtml, toScriptJson } from '../html.ts';
import type { PageSetup } from './messages.ts';
import { AGENT_ICON, OFFICE_PICTURE, renderAgentPicture } from './pictures.ts';
import { type CallTexts, type Language, TEXTS } from './texts.ts';

/** The data that the call page is rendered from. */
export interface CallPage {
  readonly state: CallState;
  readonly language: Language;
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
export function renderCallPage(page: CallPage): string {
  const { state, language, nonce, css, script, setup, note, warning } = page;
  const texts = TEXTS[language];
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${texts.title}</title>
<link rel="icon" href="data:,">
<style nonce="${escapeHtml(nonce)}">${css}</style>
</head>
<body data-state="${escapeHtml(state)}">
${setup === undefined ? '' : NOTICES}
${warning === undefined ? '' : `<p class="notice warning" lang="en">${escapeHtml(warning)}</p>`}
<main aria-live="polite">
${renderWaitingRoom(texts)}
${renderLoading(texts)}
${renderInCall(texts)}
${renderEnded(texts)}
${renderErrorScreen(texts, note)}
</main>
<footer lang="en"><ul class="checks for-developers" aria-label="Checks for developers" aria-live="off"></ul>
mock-veridas · simulated call</footer>
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

const NOTICES = `<noscript><p class="notice" lang="en">This frame needs JavaScript. If the iframe has a sandbox attribute,
 it must contain allow-scripts and allow-same-origin.</p></noscript>
<p class="notice too-small" lang="en" role="status"></p>
<p class="notice reset" lang="en" role="status">The simulator was restarted. Reload the page to start again.</p>
<p class="notice closing" lang="en" role="status">The simulator was stopped</p>`;

const renderWords = ({ heading, text }: CallTexts['ended'], more = ''): string => `<div class="words">
<h1>${heading}</h1>
<p>${text}</p>
${more}</div>
</section>`;

const renderWaitingRoom = ({
  waitingRoom,
  checks,
}: CallTexts): string => `<section class="screen waiting-room">
<div class="emblem pulsing"><i></i><i></i>${AGENT_ICON}</div>
${renderWords(
  waitingRoom,
  `<ul class="checks for-customers" aria-label="${checks}" aria-live="off"></ul>
`,
)}`;

const renderLoading = ({ loading }: CallTexts): string => `<section class="screen loading">
<div class="emblem turning"><i></i>${AGENT_ICON}</div>
${renderWords(loading)}`;

const renderEnded = ({ ended }: CallTexts): string => `<section class="screen ended">
<div class="emblem good"><svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">
<path class="line check" d="M14 25l7 7 14-15"/>
</svg></div>
${renderWords(ended)}`;

const renderErrorScreen = (
  { error }: CallTexts,
  note: string | undefined,
): string => `<section class="screen error">
<div class="emblem quiet"><svg viewBox="0 0 48 48" aria-hidden="true" focusable="false">
<rect class="line" x="9" y="15" width="20" height="18" rx="4"/>
<path class="line" d="M29 22l9-5v14l-9-5"/>
<path class="gap" d="M11 9l28 31"/>
<path class="line" d="M9 9l28 31"/>
</svg></div>
${renderWords(error, note === undefined ? '' : `<p class="note" lang="en">${escapeHtml(note)}</p>\n`)}`;

const renderInCall = ({
  inCall,
  agent,
  agentPicture,
  you,
  yourCamera,
  cameraOff,
}: CallTexts): string => `<section class="screen in-call">
${OFFICE_PICTURE}${renderAgentPicture(agentPicture)}
<h1 class="tag"><i class="live"></i>${inCall}</h1>
<p class="tag name"><span class="voice" aria-hidden="true"><i></i><i></i><i></i></span>${agent}</p>
<div class="self">
<svg viewBox="0 0 48 48" aria-hidden="true" focusable="false"><circle cx="24" cy="18" r="8"/>
<path d="M8 42c0-9 7-14 16-14s16 5 16 14z"/></svg>
<span class="off">${cameraOff}</span>
<video id="self-view" autoplay muted playsinline aria-label="${yourCamera}"></video>
<span class="you">${you}</span>
</div>
</section>`;
