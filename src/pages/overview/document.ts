import type { PageLine, RouteLine } from '../../control/schema/overview.ts';
import { escapeHtml } from '../html.ts';

function renderPage(css: string, kind: string, title: string, main: string): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · mock-veridas</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
<header><a class="brand" href="/">mock-veridas <span>${escapeHtml(kind)}</span></a></header>
<main>
${main}
</main>
</body>
</html>
`;
}

const renderPageLine = ({ path, title, summary }: PageLine): string =>
  `<li><a href="${escapeHtml(path)}">${escapeHtml(title)}</a><p>${escapeHtml(summary)}</p></li>`;

const renderPageList = (pages: readonly PageLine[]): string =>
  `<ul class="pages">\n${pages.map(renderPageLine).join('\n')}\n</ul>`;

/** The page at `/`, which the imitated service does not have. */
export const renderStartPage = (css: string, pages: readonly PageLine[]): string =>
  renderPage(
    css,
    'start',
    'Start',
    `<h1>The simulator is running</h1>
<p class="lead">Only browsers see this page: other programs get the 404 of the imitated service here.</p>
${renderPageList(pages)}`,
  );

const renderRoute = ({ method, path, summary }: RouteLine): string =>
  `<tr><td><code>${method}</code></td><td><code>${escapeHtml(path)}</code></td><td>${escapeHtml(summary)}</td></tr>`;

/** The index of the control API. */
export const renderControlPage = (
  css: string,
  pages: readonly PageLine[],
  routes: readonly RouteLine[],
): string =>
  renderPage(
    css,
    'control API',
    'Control API',
    `<h1>Control API</h1>
<p class="lead">JSON for tests and people. Programs get this list as JSON at the same address.</p>
${renderPageList(pages)}
<h2 id="routes">Routes</h2>
<div class="wide" tabindex="0" role="region" aria-labelledby="routes">
<table>
<thead><tr><th scope="col">Method</th><th scope="col">Path</th><th scope="col">What it does</th></tr></thead>
<tbody>
${routes.map(renderRoute).join('\n')}
</tbody>
</table>
</div>`,
  );

/**
 * A page of the documentation.
 *
 * @param html its content
 */
export const renderDocsPage = (css: string, title: string, html: string, index: string): string =>
  renderPage(
    css,
    'docs',
    title,
    `<nav aria-label="Documentation"><a href="${escapeHtml(index)}">All pages</a></nav>
<article>${html}</article>`,
  );
