import type { Scenario } from '../../domain/scenario.ts';
import { escapeHtml, toScriptJson } from '../html.ts';
import type { DemoSetup } from './messages.ts';
import type { Snippet } from './snippets.ts';

/** The data that the demo page is rendered from. */
export interface DemoPage {
  /** The nonce for script and style, as in the Content-Security-Policy header. */
  readonly nonce: string;
  readonly css: string;
  readonly script: string;
  readonly setup: DemoSetup;
  /** The scenarios, and the one that is selected first. */
  readonly scenarios: readonly Pick<Scenario, 'name'>[];
  readonly chosen: string;
  readonly snippets: readonly Snippet[];
  /** Where to act as the agent. */
  readonly console: string;
}

const renderOption = (name: string, chosen: string): string =>
  `<option${name === chosen ? ' selected' : ''}>${escapeHtml(name)}</option>`;

const renderSnippet = ({ id, title, text }: Snippet): string => `<figure>
<figcaption><h3 id="${id}-title">${escapeHtml(title)}</h3>
<button type="button" class="copy" data-copies="${id}" aria-describedby="${id}-title">Copy</button></figcaption>
<pre id="${id}"><code>${escapeHtml(text)}</code></pre>
</figure>`;

/** The whole document of the demo page: an integrator's page, the messages it receives, and the code behind it. */
export const renderDemoPage = (page: DemoPage): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>Demo · mock-veridas</title>
<link rel="icon" href="data:,">
<style nonce="${escapeHtml(page.nonce)}">${page.css}</style>
</head>
<body>
<header>
<p class="brand">mock-veridas <span>demo</span></p>
<h1>Watch a whole call</h1>
<p class="lead">Choose a scenario and start the call. You see a page that embeds the call, as yours will, every message
 that it receives, and the code.</p>
<noscript><p class="fault">This page needs JavaScript.</p></noscript>
<form id="start">
<div class="field"><label for="scenario">Scenario</label>
<select id="scenario" aria-describedby="course">${page.scenarios
  .map(({ name }) => renderOption(name, page.chosen))
  .join('')}</select></div>
<button type="submit" class="go">Start the call</button>
<p id="course"></p>
</form>
<p id="by-hand" hidden>You are the agent: open <a href="${escapeHtml(page.console)}" target="_blank" rel="noopener">the
 console</a> to join, start and end the call.</p>
</header>
<main>
<div class="stage">
<section class="shop" aria-labelledby="shop-title">
<div class="shop-top"><h2 id="shop-title">Example Bank</h2><p>Open an account, step 3 of 3</p></div>
<p id="outcome" role="status">Please verify your identity in a video call.</p>
<div id="place"><p class="empty">The video call appears here</p></div>
</section>
<section class="heard" aria-labelledby="heard-title">
<div class="heard-top"><h2 id="heard-title">Messages received</h2>
<button type="button" id="skip" disabled title="Advances the clock of the demo client">Skip 10 minutes</button></div>
<p id="validation" hidden>validation_id <code></code></p>
<div id="log" role="log" aria-live="polite" aria-labelledby="heard-title"><p id="silence">Nothing yet. Messages
 from the frame appear here.</p><ol id="events"></ol></div>
</section>
</div>
<section class="code" aria-labelledby="code-title">
<h2 id="code-title">The code</h2>
<p class="about">The URLs are those of this simulator. Your backend gets an ACCESS_TOKEN for every call; any text works as
 VALIDATION_ID.</p>
<div class="snippets">
${page.snippets.map(renderSnippet).join('\n')}
</div>
<p id="copied" role="status"></p>
</section>
</main>
<footer>An unofficial simulator: there is no video, and nothing leaves this machine.</footer>
<script type="application/json" id="setup">${toScriptJson(page.setup)}</script>
<script nonce="${escapeHtml(page.nonce)}">${page.script}</script>
</body>
</html>
`;
